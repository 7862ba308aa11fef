import type { ClientAssertionOptions } from '../../oauth.options.js';
import { check, isLoopback, items, wholeNumber } from '../../option-checks.js';
import { JwksFetcher } from '../keys/jwks-fetcher.js';
import {
  ASYMMETRIC_ALGORITHMS,
  SYMMETRIC_ALGORITHMS,
  type AssertionAlgorithm,
} from '../keys/verification-key.js';

const ALGORITHMS: readonly AssertionAlgorithm[] = [...ASYMMETRIC_ALGORITHMS, ...SYMMETRIC_ALGORITHMS];

export interface AssertionConfiguration {
  readonly assertionAlgorithms: readonly AssertionAlgorithm[];
  /** Seconds. */
  readonly assertionLifetime: number;
  readonly jwksUriNetworks: readonly string[];
  readonly jwksUriAllowLoopback: boolean;
  readonly jwksFetcher: JwksFetcher | undefined;
}

/** @throws ConfigurationError */
export function resolveAssertions(
  options: ClientAssertionOptions = {},
  issuer: string,
): AssertionConfiguration {
  const wantsObject = 'an object with algorithms, lifetime and so on';
  check(isObject(options), 'clientAssertions', options, wantsObject);
  const { algorithms = ALGORITHMS, jwksFetcher, jwksUriNetworks = [] } = options;
  const given = items(algorithms);
  const known = given.every((each) => ALGORITHMS.some((algorithm) => algorithm === each));
  const wants = `a list out of ${ALGORITHMS.join(', ')}`;
  check(given.length > 0 && known, 'clientAssertions.algorithms', algorithms, wants);
  const networks =
    Array.isArray(jwksUriNetworks) && jwksUriNetworks.every((each) => typeof each === 'string');
  const list = 'a list of networks such as "10.1.0.0/16"';
  check(networks, 'clientAssertions.jwksUriNetworks', jwksUriNetworks, list);
  const fetches = jwksFetcher === undefined || jwksFetcher instanceof JwksFetcher;
  const extending = 'an instance of a class that extends JwksFetcher';
  check(fetches, 'clientAssertions.jwksFetcher', typeof jwksFetcher, extending);
  return {
    assertionAlgorithms: algorithms,
    assertionLifetime: wholeNumber(
      'clientAssertions.lifetime',
      options.lifetime,
      { least: 10, most: 3600, default: 300 },
      'seconds',
    ),
    jwksUriNetworks,
    jwksUriAllowLoopback: resolveLoopback(options.jwksUriAllowLoopback, issuer),
    jwksFetcher,
  };
}

function resolveLoopback(allow: boolean = false, issuer: string): boolean {
  const ok = allow === false || (allow === true && isLoopback(new URL(issuer)));
  const wants = 'false, or true where the issuer itself is on loopback';
  check(ok, 'clientAssertions.jwksUriAllowLoopback', allow, wants);
  return allow;
}

function isObject(given: unknown): boolean {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}
