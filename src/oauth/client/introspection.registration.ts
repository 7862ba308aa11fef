import type { SigningAlgorithm } from '../keys/signing-key.js';
import type { Client } from './client.js';
import type { ClientMetadata } from './client.metadata.js';
import type { EncryptionKeyFactory, KeyEncryptionAlgorithm } from './keys/encryption-key.js';
import type { RegisteredKeys } from './keys/key.registration.js';
import { loadKeys } from './keys/key-set.js';
import { refuseIf } from './metadata-refusal.js';

export interface IntrospectionRules {
  readonly encryptionKeys: EncryptionKeyFactory;
  /** What introspection responses can be signed with. */
  readonly introspectionAlgorithms: readonly SigningAlgorithm[];
}

type Registered = Pick<
  Client,
  'introspectionSignedResponseAlg' | 'introspectionEncryptedResponseAlg' | 'introspectionEncryptedResponseEnc'
>;

/** How a client gets introspection responses that are JWTs, as its metadata has it: RFC 9701 §6. */
export function registerIntrospection(
  {
    introspection_signed_response_alg: signed,
    introspection_encrypted_response_alg: encrypted,
    introspection_encrypted_response_enc: content,
  }: ClientMetadata,
  keys: RegisteredKeys,
  { encryptionKeys, introspectionAlgorithms: algorithms }: IntrospectionRules,
): Registered {
  refuseIf(
    signed !== undefined && !algorithms.includes(signed),
    `introspection_signed_response_alg must be one that this server signs with: ${algorithms.join(', ')}`,
  );
  refuseIf(
    content !== undefined && encrypted === undefined,
    'introspection_encrypted_response_alg must be given for introspection_encrypted_response_enc',
  );
  if (encrypted !== undefined) requireKey(encrypted, keys, encryptionKeys);
  return {
    ...(signed && { introspectionSignedResponseAlg: signed }),
    ...(encrypted && {
      introspectionEncryptedResponseAlg: encrypted,
      introspectionEncryptedResponseEnc: content ?? 'A128CBC-HS256',
    }),
  };
}

function requireKey(
  algorithm: KeyEncryptionAlgorithm,
  { jwks, jwksUri }: RegisteredKeys,
  factory: EncryptionKeyFactory,
): void {
  refuseIf(
    !jwks && jwksUri === undefined,
    'jwks or jwks_uri must be given for introspection_encrypted_response_alg',
  );
  refuseIf(
    jwks !== undefined && !loadKeys(jwks, factory).some((key) => key.suits(algorithm)),
    `jwks must have a key for the introspection_encrypted_response_alg ${algorithm}`,
  );
}
