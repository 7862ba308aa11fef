import { resolveAudit, type AuditConfiguration } from './audit/audit.options.js';
import {
  resolveAuthentication,
  type AuthenticationConfiguration,
} from './client/authentication/authentication.options.js';
import {
  resolveFailureLimits,
  type FailureConfiguration,
} from './client/authentication/failure-limits.options.js';
import type { Clock } from './clock.js';
import { Encryption } from './encryption.js';
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from './keys/signing-key.js';
import type { EndpointOptions, OauthOptions } from './oauth.options.js';
import {
  check,
  checkIssuer,
  endpointUrl,
  isLoopback,
  resolveClock,
  resolveRealm,
  wholeNumber,
} from './option-checks.js';
import { resolveRegistration, type RegistrationConfiguration } from './registration/registration.options.js';
import { resolveResources } from './resource/resource-server.options.js';
import type { ResourceServers } from './resource/resource-server.js';
import type { AccessTokenClaimsHook } from './token/access-token.claims.js';
import { opaqueTokens, type OpaqueTokenGenerator } from './token/opaque-token.js';
import type { IntrospectionPolicyHook } from './introspection/introspection.policy.js';
import type { ScopePolicyHook } from './token/scope.policy.js';

/** {@link OauthOptions}, checked, with every default filled in. */
export interface OauthConfiguration extends AuthenticationConfiguration {
  readonly issuer: string;
  readonly resources: ResourceServers;
  readonly tokenEndpoint: string;
  readonly jwksUri: string | undefined;
  readonly introspectionEndpoint: string | undefined;
  readonly revocationEndpoint: string | undefined;
  readonly registrationEndpoint: string | undefined;
  readonly registration: RegistrationConfiguration;
  readonly audit: AuditConfiguration;
  readonly maxAccessTokenLifetime: number;
  readonly opaqueTokenGenerator: OpaqueTokenGenerator;
  readonly accessTokenClaims: AccessTokenClaimsHook | undefined;
  readonly scopePolicy: ScopePolicyHook | undefined;
  readonly introspectionPolicy: IntrospectionPolicyHook | undefined;
  readonly signingAlgorithm: SigningAlgorithm;
  readonly signingKeys: string | undefined;
  readonly encryption: Encryption;
  readonly clientCacheLifetime: number;
  /** `undefined`: no limits. */
  readonly failureLimits: FailureConfiguration | undefined;
  /** Seconds; 0 for `strict`. */
  readonly revocationFreshness: number;
  readonly clockTolerance: number;
  readonly bodyLimit: number;
  readonly bodyTimeout: number;
  readonly realm: string;
  readonly serviceDocumentation: string | undefined;
  readonly clock: Clock;
}

/** Checks what the host has set. @throws ConfigurationError that names the option, what it got, what it wants. */
export function resolveOptions(options: OauthOptions): OauthConfiguration {
  const issuer = checkIssuer(options.issuer);
  const ceiling = wholeNumber(
    'maxAccessTokenLifetime',
    options.maxAccessTokenLifetime,
    { least: 1, most: 31_536_000, default: 86_400 },
    'seconds',
  );
  const lifetime = wholeNumber(
    'accessTokenLifetime',
    options.accessTokenLifetime,
    { least: 1, most: ceiling, default: Math.min(3600, ceiling) },
    'seconds',
  );
  const resources = resolveResources(options.resources, {
    issuer,
    lifetime,
    ceiling,
    publishesKeys: options.endpoints?.jwks !== false,
  });
  const keys = resolveKeys(options, issuer);
  return {
    issuer,
    resources,
    ...resolveEndpoints(options.endpoints, issuer, resources),
    registration: resolveRegistration(options.registration, issuer),
    audit: resolveAudit(options.audit),
    maxAccessTokenLifetime: ceiling,
    ...resolveHooks(options),
    ...keys,
    ...resolveAuthentication(options, { issuer, ...keys }),
    failureLimits: resolveFailureLimits(options.failureLimits),
    ...resolveLimits(options),
    clock: resolveClock(options.clock),
  };
}

function resolveEndpoints(endpoints: EndpointOptions = {}, issuer: string, resources: ResourceServers) {
  const { token = '/oauth/token', jwks = '/oauth/jwks' } = endpoints;
  const { introspection = '/oauth/introspect', revocation = '/oauth/revoke' } = endpoints;
  const { registration = '/oauth/register' } = endpoints;
  const optional = (name: string, value: string | false) =>
    value === false ? undefined : endpointUrl(`endpoints.${name}`, issuer, value);
  return {
    tokenEndpoint: endpointUrl('endpoints.token', issuer, token),
    jwksUri: jwks === false ? withoutJwks(resources) : endpointUrl('endpoints.jwks', issuer, jwks),
    introspectionEndpoint: optional('introspection', introspection),
    revocationEndpoint: optional('revocation', revocation),
    registrationEndpoint: optional('registration', registration),
  };
}

function withoutJwks(resources: ResourceServers): undefined {
  const jwt = resources.all.some(({ accessTokenFormat }) => accessTokenFormat === 'jwt');
  check(!jwt, 'endpoints.jwks', false, 'a path, because a resource server has tokens of the format jwt');
  return undefined;
}

function resolveHooks(options: OauthOptions) {
  const prefix = options.opaqueTokenPrefix ?? 'nok_';
  const wants = '1 to 16 characters out of [A-Za-z0-9_]';
  check(/^[A-Za-z0-9_]{1,16}$/.test(prefix), 'opaqueTokenPrefix', options.opaqueTokenPrefix, wants);
  for (const hook of [
    'opaqueTokenGenerator',
    'accessTokenClaims',
    'scopePolicy',
    'introspectionPolicy',
  ] as const) {
    const value: unknown = options[hook];
    check(value === undefined || typeof value === 'function', hook, value, 'a function');
  }
  return {
    opaqueTokenGenerator: options.opaqueTokenGenerator ?? opaqueTokens(prefix),
    accessTokenClaims: options.accessTokenClaims,
    scopePolicy: options.scopePolicy,
    introspectionPolicy: options.introspectionPolicy,
  };
}

function resolveKeys(options: OauthOptions, issuer: string) {
  const { signingAlgorithm = 'ES256', signingKeys } = options;
  const algorithms = SIGNING_ALGORITHMS.join(', ');
  check(
    SIGNING_ALGORITHMS.includes(signingAlgorithm),
    'signingAlgorithm',
    signingAlgorithm,
    `one of ${algorithms}`,
  );
  const text = signingKeys === undefined || typeof signingKeys === 'string';
  check(text, 'signingKeys', typeof signingKeys, 'text: PEM, a JWK or a JWK Set');
  const secrets = [options.keyEncryptionSecret ?? []].flat();
  // What the option got is a secret and stays out of the message.
  const lengths = secrets.map((secret) => `(${String(secret).length} characters)`);
  const long = secrets.every((secret) => typeof secret === 'string' && secret.length >= 32);
  check(long, 'keyEncryptionSecret', lengths, 'a secret of 32 characters or more, or a list of such secrets');
  const wants =
    'set, or signingKeys given: private keys are not stored in the clear for an issuer off loopback';
  const safe = secrets.length > 0 || signingKeys !== undefined || isLoopback(new URL(issuer));
  check(safe, 'keyEncryptionSecret', undefined, wants);
  return { signingAlgorithm, signingKeys, encryption: new Encryption(secrets) };
}

function resolveLimits(options: OauthOptions) {
  const { serviceDocumentation, revocationFreshness: fresh = 'strict' } = options;
  const page = serviceDocumentation === undefined || URL.canParse(serviceDocumentation);
  check(page, 'serviceDocumentation', serviceDocumentation, 'an absolute URL');
  const number = (option: 'clientCacheLifetime' | 'clockTolerance', standard: number) =>
    wholeNumber(option, options[option], { least: 0, most: 60, default: standard }, 'seconds');
  return {
    realm: resolveRealm(options.realm),
    serviceDocumentation,
    revocationFreshness:
      fresh === 'strict'
        ? 0
        : wholeNumber(
            'revocationFreshness',
            fresh,
            { least: 1, most: 300, default: 1 },
            'seconds (or "strict")',
          ),
    clientCacheLifetime: number('clientCacheLifetime', 5),
    clockTolerance: number('clockTolerance', 10),
    bodyLimit: wholeNumber(
      'bodyLimit',
      options.bodyLimit,
      { least: 1024, most: 1_048_576, default: 65_536 },
      'bytes',
    ),
    bodyTimeout: wholeNumber(
      'bodyTimeout',
      options.bodyTimeout,
      { least: 1, most: 300, default: 10 },
      'seconds',
    ),
  };
}
