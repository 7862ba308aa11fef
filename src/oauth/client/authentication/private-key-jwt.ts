import type { Client } from '../client.js';
import type { ClientKeys } from '../keys/client-keys.js';
import type { AsymmetricAlgorithm, VerificationKey } from '../keys/verification-key.js';
import type { ClientAssertion } from './client-assertion.js';
import type { AssertionVerifier } from './client-assertion.method.js';

export const PRIVATE_KEY_JWT = 'private_key_jwt';

/** The reason where the keys of a client cannot be fetched. */
export const KEYS_UNAVAILABLE = 'keys_unavailable';

/** Keys that one assertion is tried with: enough for a rotation, too few to make work of. */
const MOST_KEYS = 5;

/** Assertions under a signature by a private key of the client's. The header never brings the key (RFC 8725 §3.10). */
export class PrivateKeyJwt implements AssertionVerifier {
  readonly method = PRIVATE_KEY_JWT;

  constructor(
    readonly algorithms: readonly AsymmetricAlgorithm[],
    private readonly keys: ClientKeys,
  ) {}

  async fault(client: Client, assertion: ClientAssertion): Promise<string | undefined> {
    const algorithm = this.algorithms.find((each) => each === assertion.algorithm);
    if (!algorithm) return 'assertion_algorithm';
    const known = await this.keys.of(client);
    if (!known) return KEYS_UNAVAILABLE;
    let fitting = fittingKeys(known, assertion, algorithm);
    if (await isSignedBy(fitting, assertion, algorithm)) return undefined;
    // A key that it names was there and did not fit: nothing newer can be behind that name.
    const renewed =
      fitting.length === 0 || assertion.kid === undefined ? await this.keys.renewed(client) : undefined;
    if (renewed) {
      fitting = fittingKeys(renewed, assertion, algorithm);
      if (await isSignedBy(fitting, assertion, algorithm)) return undefined;
    }
    if (fitting.length > 0) return 'assertion_signature';
    await isSignedBy([await this.keys.ofNobody(algorithm)], assertion, algorithm);
    return 'assertion_key';
  }
}

function fittingKeys(
  keys: readonly VerificationKey[],
  { kid }: ClientAssertion,
  algorithm: AsymmetricAlgorithm,
): VerificationKey[] {
  return keys
    .filter((key) => (kid === undefined || key.kid === kid) && key.suits(algorithm))
    .slice(0, MOST_KEYS);
}

async function isSignedBy(
  keys: readonly VerificationKey[],
  { input, signature }: ClientAssertion,
  algorithm: AsymmetricAlgorithm,
): Promise<boolean> {
  for (const key of keys) {
    if (await key.verify(algorithm, input, signature)) return true;
  }
  return false;
}
