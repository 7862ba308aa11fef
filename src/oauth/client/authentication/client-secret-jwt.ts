import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../clock.js';
import type { Encryption } from '../../encryption.js';
import type { Client, ClientSecret } from '../client.js';
import { isLive, secretContext } from '../client-secret.js';
import type { SymmetricAlgorithm } from '../keys/verification-key.js';
import type { SecretUsage } from '../secret-usage.js';
import type { ClientAssertion } from './client-assertion.js';
import type { AssertionVerifier } from './client-assertion.method.js';

export const CLIENT_SECRET_JWT = 'client_secret_jwt';

/** RFC 7518 §3.2: hash and shortest key, in octets. */
const HMAC: Readonly<Record<SymmetricAlgorithm, { readonly hash: string; readonly octets: number }>> = {
  HS256: { hash: 'sha256', octets: 32 },
  HS384: { hash: 'sha384', octets: 48 },
  HS512: { hash: 'sha512', octets: 64 },
};

/** Octets that a secret must have for this algorithm. */
export function shortestSecret(algorithm: SymmetricAlgorithm): number {
  return HMAC[algorithm].octets;
}

/** So that a client without secrets costs what the others cost. */
const SECRET_OF_NOBODY = Buffer.alloc(64);

/** Assertions under an HMAC with the client's secret: its UTF-8 octets are the key (OpenID Connect Core §10.1). */
export class ClientSecretJwt implements AssertionVerifier {
  readonly method = CLIENT_SECRET_JWT;

  constructor(
    readonly algorithms: readonly SymmetricAlgorithm[],
    private readonly encryption: Encryption,
    private readonly usage: SecretUsage,
    private readonly clock: Clock,
    private readonly onFailure: (cause: unknown) => void,
  ) {}

  fault(client: Client, assertion: ClientAssertion): string | undefined {
    const algorithm = this.algorithms.find((each) => each === assertion.algorithm);
    if (!algorithm) return 'assertion_algorithm';
    const now = this.clock.now();
    const secrets = client.secrets.filter((secret) => secret.encrypted !== undefined && isLive(secret, now));
    if (secrets.length === 0) isSignedWith(SECRET_OF_NOBODY, algorithm, assertion);
    for (const secret of secrets) {
      const key = this.open(secret);
      if (!key || key.length < shortestSecret(algorithm) || !isSignedWith(key, algorithm, assertion))
        continue;
      this.usage.record(secret);
      return undefined;
    }
    return 'assertion_signature';
  }

  private open({ id, encrypted = '' }: ClientSecret): Buffer | undefined {
    const secret = this.encryption.decrypt(encrypted, secretContext(id));
    if (secret !== undefined) return Buffer.from(secret, 'utf8');
    this.onFailure(new Error(`No keyEncryptionSecret opens the client secret ${id}.`));
    return undefined;
  }
}

function isSignedWith(
  key: Buffer,
  algorithm: SymmetricAlgorithm,
  { input, signature }: ClientAssertion,
): boolean {
  const expected = createHmac(HMAC[algorithm].hash, key).update(input).digest();
  return signature.length === expected.length && timingSafeEqual(signature, expected);
}
