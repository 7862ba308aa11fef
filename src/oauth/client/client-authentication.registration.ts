import type { Encryption } from '../encryption.js';
import type { AuthenticationMethods } from './authentication/authentication-methods.js';
import { CLIENT_SECRET_JWT } from './authentication/client-secret-jwt.js';
import { PRIVATE_KEY_JWT } from './authentication/private-key-jwt.js';
import type { Client } from './client.js';
import type { ClientMetadata } from './client.metadata.js';
import { registerKeys, type KeyRules, type RegisteredKeys } from './keys/key.registration.js';
import { ASYMMETRIC_ALGORITHMS, isSymmetric, type AssertionAlgorithm } from './keys/verification-key.js';
import { refuseIf } from './metadata-refusal.js';

export interface AuthenticationRules extends KeyRules {
  readonly methods: AuthenticationMethods;
  readonly encryption: Encryption;
  readonly assertionAlgorithms: readonly AssertionAlgorithm[];
}

type Registered = RegisteredKeys &
  Pick<Client, 'tokenEndpointAuthMethod' | 'tokenEndpointAuthSigningAlg' | 'legacyAssertionAudience'>;

/** How a client authenticates, as its metadata has it: RFC 7591 §2, OpenID Connect Registration §2. */
export function registerAuthentication(metadata: ClientMetadata, rules: AuthenticationRules): Registered {
  const method = metadata.token_endpoint_auth_method ?? defaultMethod(rules.methods);
  refuseUnknown(method, rules);
  const algorithm = registerAlgorithm(metadata, method, rules);
  const accepted = ASYMMETRIC_ALGORITHMS.filter((each) =>
    algorithm === undefined ? rules.assertionAlgorithms.includes(each) : each === algorithm,
  );
  const signs = method === PRIVATE_KEY_JWT;
  const keys = registerKeys(metadata, signs ? accepted : undefined, rules);
  refuseIf(
    signs && !keys.jwks && keys.jwksUri === undefined,
    'jwks or jwks_uri must be given for token_endpoint_auth_method private_key_jwt',
  );
  return {
    tokenEndpointAuthMethod: method,
    ...keys,
    ...(algorithm && { tokenEndpointAuthSigningAlg: algorithm }),
    ...(isAssertion(method) && metadata.legacy_assertion_audience && { legacyAssertionAudience: true }),
  };
}

function refuseUnknown(method: string, { methods, encryption }: AuthenticationRules): void {
  const { names } = methods;
  refuseIf(
    method === CLIENT_SECRET_JWT && !names.includes(method) && !encryption.available,
    'token_endpoint_auth_method client_secret_jwt needs a server with a keyEncryptionSecret, since the secret is kept',
  );
  refuseIf(
    method !== 'none' && !names.includes(method),
    `token_endpoint_auth_method must be one of ${names.join(', ')}`,
  );
}

/** RFC 7591 §2 has `client_secret_basic`, unless the host has switched it off. */
function defaultMethod({ names: [first = 'none', ...others] }: AuthenticationMethods): string {
  return others.includes('client_secret_basic') ? 'client_secret_basic' : first;
}

/** Kept where it means something: with a method that signs. */
function registerAlgorithm(
  { token_endpoint_auth_signing_alg: algorithm }: ClientMetadata,
  method: string,
  { assertionAlgorithms }: AuthenticationRules,
): AssertionAlgorithm | undefined {
  if (algorithm === undefined || !isAssertion(method)) return undefined;
  const fits = isSymmetric(algorithm) === (method === CLIENT_SECRET_JWT);
  refuseIf(
    !fits || !assertionAlgorithms.includes(algorithm),
    `token_endpoint_auth_signing_alg must be one that this server accepts for ${method}`,
  );
  return algorithm;
}

function isAssertion(method: string): boolean {
  return method === PRIVATE_KEY_JWT || method === CLIENT_SECRET_JWT;
}
