import type { AuthenticationMethods } from './authentication/authentication-methods.js';
import { CLIENT_SECRET_JWT } from './authentication/client-secret-jwt.js';
import { PRIVATE_KEY_JWT } from './authentication/private-key-jwt.js';
import type { Client } from './client.js';
import type { ClientMetadata } from './client.metadata.js';
import { registerKeys, type KeyRules, type RegisteredKeys } from './keys/key.registration.js';
import {
  SYMMETRIC_ALGORITHMS,
  type AssertionAlgorithm,
  type SymmetricAlgorithm,
} from './keys/verification-key.js';
import { refuseIf } from './metadata-refusal.js';

export interface AuthenticationRules extends KeyRules {
  readonly methods: AuthenticationMethods;
}

type Registered = RegisteredKeys &
  Pick<Client, 'tokenEndpointAuthMethod' | 'tokenEndpointAuthSigningAlg' | 'legacyAssertionAudience'>;

/** How a client authenticates, as its metadata has it: RFC 7591 §2, OpenID Connect Registration §2. */
export function registerAuthentication(metadata: ClientMetadata, rules: AuthenticationRules): Registered {
  const method = metadata.token_endpoint_auth_method ?? defaultMethod(rules.methods);
  const known = [...rules.methods.names, 'none'];
  refuseIf(!known.includes(method), `token_endpoint_auth_method must be one of ${known.join(', ')}`);
  const keys = registerKeys(metadata, rules);
  refuseIf(
    method === PRIVATE_KEY_JWT && !keys.jwks && keys.jwksUri === undefined,
    'jwks or jwks_uri must be given for token_endpoint_auth_method private_key_jwt',
  );
  const algorithm = registerAlgorithm(metadata, method, rules);
  return {
    tokenEndpointAuthMethod: method,
    ...keys,
    ...(algorithm && { tokenEndpointAuthSigningAlg: algorithm }),
    ...(isAssertion(method) && metadata.legacy_assertion_audience && { legacyAssertionAudience: true }),
  };
}

/** RFC 7591 §2 has `client_secret_basic`, unless the host has switched it off. */
function defaultMethod({ names: [first = 'none', ...others] }: AuthenticationMethods): string {
  return others.includes('client_secret_basic') ? 'client_secret_basic' : first;
}

/** Kept where it means something: with a method that signs. */
function registerAlgorithm(
  { token_endpoint_auth_signing_alg: algorithm }: ClientMetadata,
  method: string,
  { methods }: AuthenticationRules,
): AssertionAlgorithm | undefined {
  if (algorithm === undefined || !isAssertion(method)) return undefined;
  const fits = isSymmetric(algorithm) === (method === CLIENT_SECRET_JWT);
  refuseIf(
    !fits || !methods.signingAlgorithms.includes(algorithm),
    `token_endpoint_auth_signing_alg must be one that this server accepts for ${method}`,
  );
  return algorithm;
}

function isAssertion(method: string): boolean {
  return method === PRIVATE_KEY_JWT || method === CLIENT_SECRET_JWT;
}

export function isSymmetric(algorithm: string): algorithm is SymmetricAlgorithm {
  return SYMMETRIC_ALGORITHMS.some((each) => each === algorithm);
}
