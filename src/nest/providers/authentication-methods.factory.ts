import {
  ClientAssertionMethod,
  type AssertionVerifier,
} from '../../oauth/client/authentication/client-assertion.method.js';
import { AuthenticationMethods } from '../../oauth/client/authentication/authentication-methods.js';
import { ClientSecretJwt } from '../../oauth/client/authentication/client-secret-jwt.js';
import {
  ClientSecretBasic,
  ClientSecretPost,
} from '../../oauth/client/authentication/client-secret.methods.js';
import type { ClientSecretVerifier } from '../../oauth/client/authentication/client-secret.verifier.js';
import { PrivateKeyJwt } from '../../oauth/client/authentication/private-key-jwt.js';
import type { ClientKeys } from '../../oauth/client/keys/client-keys.js';
import { ASYMMETRIC_ALGORITHMS, SYMMETRIC_ALGORITHMS } from '../../oauth/client/keys/verification-key.js';
import type { SecretUsage } from '../../oauth/client/secret-usage.js';
import type { OauthConfiguration } from '../../oauth/oauth.configuration.js';
import type { FailureLog } from '../failure.log.js';

/** The methods that the host has chosen. Both kinds of assertion are read by one. */
export function authenticationMethods(
  configuration: OauthConfiguration,
  secrets: ClientSecretVerifier,
  keys: ClientKeys,
  usage: SecretUsage,
  log: FailureLog,
): AuthenticationMethods {
  const { authenticationMethods: chosen, issuer, clock } = configuration;
  const { tokenEndpoint, introspectionEndpoint, revocationEndpoint } = configuration;
  const verifiers = assertionVerifiers(configuration, keys, usage, log);
  const { assertionLifetime: lifetime, clockTolerance: tolerance } = configuration;
  const endpoints = [tokenEndpoint, introspectionEndpoint, revocationEndpoint].filter(
    (each) => each !== undefined,
  );
  const rules = { issuer, endpoints, lifetime, tolerance };
  return new AuthenticationMethods([
    ...(verifiers.length > 0 ? [new ClientAssertionMethod(verifiers, rules, clock)] : []),
    ...(chosen.includes('client_secret_basic') ? [new ClientSecretBasic(secrets)] : []),
    ...(chosen.includes('client_secret_post') ? [new ClientSecretPost(secrets)] : []),
    ...chosen.filter((each) => typeof each !== 'string'),
  ]);
}

function assertionVerifiers(
  { authenticationMethods: chosen, assertionAlgorithms, encryption, clock }: OauthConfiguration,
  keys: ClientKeys,
  usage: SecretUsage,
  log: FailureLog,
): AssertionVerifier[] {
  const asymmetric = ASYMMETRIC_ALGORITHMS.filter((each) => assertionAlgorithms.includes(each));
  const symmetric = SYMMETRIC_ALGORITHMS.filter((each) => assertionAlgorithms.includes(each));
  const report = (cause: unknown) => log.report('A client secret could not be read', cause);
  return [
    ...(chosen.includes('private_key_jwt') ? [new PrivateKeyJwt(asymmetric, keys)] : []),
    ...(chosen.includes('client_secret_jwt')
      ? [new ClientSecretJwt(symmetric, encryption, usage, clock, report)]
      : []),
  ];
}
