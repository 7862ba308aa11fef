import { createHmac } from 'node:crypto';
import type { Clock } from '../../clock.js';
import { ConfigurationError } from '../../configuration.error.js';
import type { JwtSigner } from '../../jwt/signed-jwt.js';
import type { SigningKey, SigningKeyFactory } from '../../keys/signing-key.js';
import { AssertionAuthentication } from './client-assertion.authentication.js';
import { BasicAuthentication, PostAuthentication } from './client-secret.authentication.js';
import { IntrospectionAuthentication } from './introspection-authentication.js';
import type { IntrospectionConfiguration } from './introspection.configuration.js';
import type { PrivateKeyCredentials } from './introspection.options.js';

const OPTION = 'introspection.authentication';

/** Makes the method that the host has chosen. @throws ConfigurationError for a key that cannot be used. */
export async function introspectionAuthentication(
  { clientId, authentication: given }: IntrospectionConfiguration,
  issuer: string,
  clock: Clock,
  keys: SigningKeyFactory,
): Promise<IntrospectionAuthentication> {
  if (given instanceof IntrospectionAuthentication) return given;
  const byAssertion = (signer: JwtSigner) => new AssertionAuthentication(clientId, issuer, signer, clock);
  switch (given.method) {
    case 'client_secret_basic':
      return new BasicAuthentication(clientId, given.secret);
    case 'client_secret_post':
      return new PostAuthentication(clientId, given.secret);
    case 'client_secret_jwt':
      return byAssertion(hmacSigner(given.secret));
    case 'private_key_jwt':
      return byAssertion(await keySigner(given, keys));
  }
}

function hmacSigner(secret: string): JwtSigner {
  const key = Buffer.from(secret, 'utf8');
  return { algorithm: 'HS256', sign: (input) => createHmac('sha256', key).update(input).digest() };
}

async function keySigner(credentials: PrivateKeyCredentials, keys: SigningKeyFactory): Promise<JwtSigner> {
  const { key: material, algorithm } = credentials;
  const key = await onlyKey(credentials, keys);
  if (algorithm !== undefined && key.algorithm !== algorithm) {
    throw new ConfigurationError(`${OPTION}.algorithm`, algorithm, `${key.algorithm}, which the key is for`);
  }
  return { algorithm: key.algorithm, kid: kidOf(material), sign: (input) => key.sign(input) };
}

async function onlyKey(
  { key: material, algorithm = 'ES256' }: PrivateKeyCredentials,
  keys: SigningKeyFactory,
): Promise<SigningKey> {
  const wants = 'one private key in PEM or one private JWK: EC P-256, RSA of 2048 bits or more, or Ed25519';
  const loaded = await keys.load(material, algorithm).catch((cause: unknown) => {
    throw new ConfigurationError(`${OPTION}.key`, 'a text that cannot be used', wants, cause);
  });
  const [key, ...others] = loaded;
  if (!key || others.length > 0) {
    throw new ConfigurationError(`${OPTION}.key`, `${loaded.length} keys`, wants);
  }
  return key;
}

/** Only an id that the JWK names: under another the issuer may not know the key. */
function kidOf(material: string): string | undefined {
  if (!material.trimStart().startsWith('{')) return undefined;
  const { kid } = JSON.parse(material) as { readonly kid?: unknown };
  return typeof kid === 'string' ? kid : undefined;
}
