import { KeyObject } from 'node:crypto';
import { generateKeyPair } from 'jose';
import {
  ASYMMETRIC_ALGORITHMS,
  VerificationKeyFactory,
  type AsymmetricAlgorithm,
  type VerificationKey,
} from '../oauth/client/keys/verification-key.js';
import { JoseVerificationKey } from './jose-verification-key.js';
import { algorithmOf, isFor, kidOf, kindOf, membersOf, type KeyPurpose } from './public-jwk.js';
import { importPublicKey } from './public-key-material.js';
import { KIND_OF_ALGORITHM, VERIFICATION_KINDS, type VerificationKind } from './verification-algorithms.js';

const VERIFYING: KeyPurpose = { use: 'sig', operations: ['verify'] };

/** Of the whole process: they are nobody's, and an RSA key takes long to make. */
const DECOYS = new Map<VerificationKind, Promise<VerificationKey>>();

/** Makes public keys of clients usable with jose. */
export class JoseVerificationKeyFactory extends VerificationKeyFactory {
  load(jwk: Readonly<Record<string, unknown>>): VerificationKey {
    const members = membersOf(jwk);
    const kind = kindOf(members, VERIFICATION_KINDS);
    const description = {
      kind,
      algorithm: algorithmOf(members, ASYMMETRIC_ALGORITHMS, (each) => KIND_OF_ALGORITHM[each] === kind),
      kid: kidOf(members),
      forVerifying: isFor(VERIFYING, members),
    };
    return new JoseVerificationKey(description, importPublicKey(kind, members));
  }

  decoy(algorithm: AsymmetricAlgorithm): Promise<VerificationKey> {
    const kind = KIND_OF_ALGORITHM[algorithm];
    const kept = DECOYS.get(kind);
    if (kept) return kept;
    const made = madeDecoy(algorithm);
    DECOYS.set(kind, made);
    made.catch(() => DECOYS.delete(kind));
    return made;
  }
}

/** Its private part cannot be read, and is forgotten here. */
async function madeDecoy(algorithm: AsymmetricAlgorithm): Promise<VerificationKey> {
  const { publicKey } = await generateKeyPair(algorithm, { modulusLength: 2048 });
  const description = { kind: KIND_OF_ALGORITHM[algorithm], forVerifying: true };
  return new JoseVerificationKey(description, KeyObject.from(publicKey));
}
