import { check, items, wholeNumber } from '../option-checks.js';
import { absoluteIdentifier } from '../resource/guarded-resource.js';
import { isBearerToken } from '../resource/bearer-token.js';
import { SCOPE_TOKEN } from '../scope.js';
import type { RegistrationChoices, RegistrationPolicy } from './registration.policy.js';
import {
  resolveSoftwareStatements,
  type SoftwareStatementConfiguration,
  type SoftwareStatementOptions,
} from './software-statement.options.js';

const POLICY_MEMBERS = ['scopes', 'resources', 'authenticationMethods', 'grantTypes'] as const;

/**
 * Dynamic client registration (RFC 7591) and its management (RFC 7592). It is open exactly for those who have an initial
 * access token: one of these, or one that an operator has issued (`OauthAdmin.registrationTokens`). Without any it is closed.
 */
export interface RegistrationOptions {
  /** Initial access tokens of the host's, which any number of clients may be registered with. Default: none. */
  readonly initialAccessTokens?: readonly string[] | undefined;
  /**
   * What may be registered with these. Default: the default scopes of the resource servers, and every method and grant that
   * this server has.
   */
  readonly policy?: RegistrationPolicy | undefined;
  /**
   * Seconds, 3600 to 315360000, that the secret of a client lives which has registered itself; an update (RFC 7592 §2.2)
   * brings a new one when half of that has passed. Default: for ever.
   */
  readonly clientSecretLifetime?: number | undefined;
  /** Software statements. Default: none is believed, and a registration that brings one is refused. */
  readonly softwareStatements?: SoftwareStatementOptions | undefined;
}

export interface RegistrationConfiguration {
  readonly initialAccessTokens: readonly string[];
  readonly policy: RegistrationPolicy;
  /** Seconds. Missing: for ever. */
  readonly clientSecretLifetime?: number;
  readonly softwareStatements?: SoftwareStatementConfiguration;
}

/** @throws ConfigurationError */
export function resolveRegistration(
  options: RegistrationOptions | undefined,
  issuer: string,
): RegistrationConfiguration {
  const given: unknown = options ?? {};
  check(typeof given === 'object' && given !== null, 'registration', given, 'an object of options');
  const { initialAccessTokens = [], policy, clientSecretLifetime, softwareStatements } = options ?? {};
  checkTokens(initialAccessTokens);
  const lifetime =
    clientSecretLifetime !== undefined &&
    wholeNumber(
      'registration.clientSecretLifetime',
      clientSecretLifetime,
      { least: 3600, most: 315_360_000, default: 3600 },
      'seconds',
    );
  return {
    initialAccessTokens: [...initialAccessTokens],
    policy: resolvePolicy(policy, issuer),
    ...(lifetime !== false && { clientSecretLifetime: lifetime }),
    ...(softwareStatements !== undefined && {
      softwareStatements: resolveSoftwareStatements(softwareStatements),
    }),
  };
}

/** What an option got is a secret and stays out of the message. */
function checkTokens(tokens: unknown): void {
  const wants = 'a list of texts out of [A-Za-z0-9._~+/-], with = at their ends at most (RFC 6750 §2.1)';
  const lengths = items(tokens).map((token) => `(${String(token).length} characters)`);
  const got = Array.isArray(tokens) ? lengths : typeof tokens;
  const ok =
    Array.isArray(tokens) && tokens.every((token) => typeof token === 'string' && isBearerToken(token));
  check(ok, 'registration.initialAccessTokens', got, wants);
}

/** A path stands for the resource server of that path below the issuer, as in the option `resources`. */
function resolvePolicy(policy: RegistrationPolicy | undefined, issuer: string): RegistrationPolicy {
  const given: unknown = policy ?? {};
  check(typeof given === 'object' && given !== null, 'registration.policy', given, 'an object of lists');
  for (const name of POLICY_MEMBERS) {
    const list: unknown = policy?.[name];
    const ok = items(list).every((each) => typeof each === 'string' && each !== '');
    const known = list === undefined || Array.isArray(list);
    check(known && ok, `registration.policy.${name}`, list, 'a list of texts');
  }
  const scopes = (policy?.scopes ?? []).every((scope) => SCOPE_TOKEN.test(scope));
  check(scopes, 'registration.policy.scopes', policy?.scopes, 'a list of scopes');
  const resources = policy?.resources?.map((name) => absoluteIdentifier(name, issuer));
  return { ...policy, ...(resources && { resources }) };
}

/**
 * Whether this server has what the policy allows. Scopes and resource servers may be added while it runs.
 * @throws ConfigurationError
 */
export function checkPolicy(
  { authenticationMethods, grantTypes }: RegistrationPolicy,
  { methods, grantTypes: grants }: Pick<RegistrationChoices, 'methods' | 'grantTypes'>,
): void {
  const among = (name: string, list: readonly string[] | undefined, all: readonly string[]): void =>
    check(
      list?.every((each) => all.includes(each)) ?? true,
      `registration.policy.${name}`,
      list,
      `a list out of ${all.join(', ')}`,
    );
  among('authenticationMethods', authenticationMethods, methods.names);
  among('grantTypes', grantTypes, grants);
}
