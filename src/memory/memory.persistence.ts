import { Injectable } from '@nestjs/common';
import { Persistence } from '../oauth/persistence.js';
import { MemoryAccessTokenStore } from './memory-access-token.store.js';
import { MemoryAuditStore } from './memory-audit.store.js';
import { MemoryClientSecretStore } from './memory-client-secret.store.js';
import { MemoryClientStore, type StoredClients } from './memory-client.store.js';
import { MemoryFailureCountStore } from './memory-failure-count.store.js';
import { MemoryRegistrationTokenStore } from './memory-registration-token.store.js';
import { MemoryResourceServerStore } from './memory-resource-server.store.js';
import { MemoryRevokedTokenStore } from './memory-revoked-token.store.js';
import { MemorySigningKeyStore } from './memory-signing-key.store.js';
import { MemoryUsedIdentifierStore } from './memory-used-identifier.store.js';

/** Keeps everything in this process: for tests and for a first try. It ends with the process and is not shared. */
@Injectable()
export class MemoryPersistence extends Persistence {
  private readonly stored: StoredClients = new Map();
  readonly clients = new MemoryClientStore(this.stored);
  readonly clientSecrets = new MemoryClientSecretStore(this.stored);
  readonly accessTokens = new MemoryAccessTokenStore();
  readonly revokedTokens = new MemoryRevokedTokenStore();
  readonly signingKeys = new MemorySigningKeyStore();
  readonly usedIdentifiers = new MemoryUsedIdentifierStore();
  readonly failureCounts = new MemoryFailureCountStore();
  readonly registrationTokens = new MemoryRegistrationTokenStore();
  readonly resourceServers = new MemoryResourceServerStore();
  readonly auditLog = new MemoryAuditStore();

  async check(): Promise<void> {}
}
