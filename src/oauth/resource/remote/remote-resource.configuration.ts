import { ASYMMETRIC_ALGORITHMS, type AsymmetricAlgorithm } from '../../client/keys/verification-key.js';
import type { Clock } from '../../clock.js';
import { check, checkIssuer, items, resolveClock, resolveRealm, wholeNumber } from '../../option-checks.js';
import { GuardedResources } from '../guarded-resource.js';
import { isResourceIdentifier } from '../resource-identifier.js';
import { checkScopes, describeForPeople } from '../resource-server.options.js';
import { resolveIntrospection, type IntrospectionConfiguration } from './introspection.configuration.js';
import type { RemoteResourceOptions } from './remote-resource.options.js';

/** {@link RemoteResourceOptions}, checked, with every default filled in. Numbers are seconds. */
export interface RemoteResourceConfiguration {
  readonly issuer: string;
  /** The one that this API is. */
  readonly resources: GuardedResources;
  readonly realm: string;
  readonly algorithms: readonly AsymmetricAlgorithm[];
  readonly clockTolerance: number;
  readonly maxStale: number;
  readonly timeout: number;
  /** Missing: tokens are verified as JWTs. */
  readonly introspection: IntrospectionConfiguration | undefined;
  readonly clock: Clock;
}

/** Checks what the host has set. @throws ConfigurationError that names the option, what it got, what it wants. */
export function resolveRemoteResource(options: RemoteResourceOptions): RemoteResourceConfiguration {
  const issuer = checkIssuer(options.issuer);
  const { introspection } = options;
  return {
    issuer,
    resources: resolveResource(options, issuer),
    realm: resolveRealm(options.realm),
    algorithms: resolveAlgorithms(options.algorithms),
    ...resolveTimes(options),
    introspection: introspection === undefined ? undefined : resolveIntrospection(introspection),
    clock: resolveClock(options.clock),
  };
}

function resolveResource(options: RemoteResourceOptions, issuer: string): GuardedResources {
  const { resource: identifier, scopes } = options;
  const absolute = typeof identifier === 'string' && isResourceIdentifier(identifier);
  check(absolute, 'resource', identifier, 'an absolute URI without a fragment');
  if (scopes !== undefined) {
    checkScopes('scopes', scopes);
    check(scopes.length > 0, 'scopes', scopes, 'a list of at least one scope, or not set');
  }
  const resource = {
    identifier,
    ...describeForPeople('', options),
    ...(scopes && { scopes: [...scopes] }),
  };
  return new GuardedResources([resource], issuer);
}

function resolveAlgorithms(
  algorithms: readonly AsymmetricAlgorithm[] = ASYMMETRIC_ALGORITHMS,
): readonly AsymmetricAlgorithm[] {
  const given = items(algorithms);
  const known = given.length > 0 && given.every((each) => ASYMMETRIC_ALGORITHMS.some((one) => one === each));
  check(known, 'algorithms', algorithms, `a list out of ${ASYMMETRIC_ALGORITHMS.join(', ')}`);
  return [...algorithms];
}

function resolveTimes(options: RemoteResourceOptions) {
  const seconds = (
    option: 'clockTolerance' | 'maxStale' | 'timeout',
    least: number,
    most: number,
    standard: number,
  ) => wholeNumber(option, options[option], { least, most, default: standard }, 'seconds');
  return {
    clockTolerance: seconds('clockTolerance', 0, 60, 10),
    maxStale: seconds('maxStale', 0, 604_800, 3600),
    timeout: seconds('timeout', 1, 30, 5),
  };
}
