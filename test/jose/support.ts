import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { exportJWK, type JWK } from 'jose';
import type { JwksResponse, OauthContext, SigningAlgorithm } from 'nestjs-oauth-kit';
import { formRequest, type Kit } from '../support/echo.js';

export const ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA'] as const satisfies readonly SigningAlgorithm[];

/** A new private key for an algorithm of the kit. */
export function newKey(algorithm: SigningAlgorithm): KeyObject {
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519').privateKey;
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
}

export async function newJwk(algorithm: SigningAlgorithm): Promise<JWK> {
  return { ...(await exportJWK(newKey(algorithm))), alg: algorithm };
}

export const pem = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString();

/** The keys that a server publishes. */
export async function publishedKeys(kit: Kit): Promise<JwksResponse['keys']> {
  const context: OauthContext = { request: { ...formRequest(''), method: 'GET', url: '/oauth/jwks' } };
  return kit.oauth.jwks(context, { jwkList: (_, list) => list.keys, jwksError: () => [] });
}
