import type { AuditStore } from './audit/audit.log.js';
import type { AccessTokenStore } from './token/access-token.store.js';
import type { FailureCountStore } from './client/authentication/failure-count.store.js';
import type { ClientSecretStore, ClientStore } from './client/client.store.js';
import type { SigningKeyStore } from './keys/signing-key.store.js';
import type { UsedIdentifierStore } from './replay/used-identifier.store.js';
import type { RegistrationTokenStore } from './registration/registration-token.store.js';
import type { ResourceServerStore } from './resource/resource-server.store.js';
import type { RevokedTokenStore } from './revocation/revoked-token.store.js';

/**
 * Every fact that the instances of an authorization server share. A host gives a class that extends this one
 * as the module option `persistence`; `TypeormPersistence` and `MemoryPersistence` come with the kit. Prove your
 * own with the contract suite in `nestjs-oauth-kit/testing`.
 *
 * A store rejects when it cannot answer; the request is then refused with 503, never let through.
 */
export abstract class Persistence {
  abstract readonly clients: ClientStore;
  abstract readonly clientSecrets: ClientSecretStore;
  abstract readonly accessTokens: AccessTokenStore;
  abstract readonly revokedTokens: RevokedTokenStore;
  abstract readonly signingKeys: SigningKeyStore;
  abstract readonly usedIdentifiers: UsedIdentifierStore;
  abstract readonly failureCounts: FailureCountStore;
  abstract readonly registrationTokens: RegistrationTokenStore;
  abstract readonly resourceServers: ResourceServerStore;
  abstract readonly auditLog: AuditStore;

  /** Called once at boot. Rejects, and so stops the start, where the store is not ready for use. */
  abstract check(): Promise<void>;
}
