// What the public door offers to operators' tools.
export type { Actor } from './audit/journal.js';
export {
  AuditLog,
  AuditStore,
  type AuditDetail,
  type AuditEntry,
  type AuditFilter,
} from './audit/audit.log.js';
export type { AuditAdministration, AuditList, AuditQueryInput } from './audit/audit.administration.js';
export type { ClientList, ClientQueryInput } from './client/client.listing.js';
export type {
  ApplyOptions,
  ClientTransfer,
  ExportOptions,
  ImportPlan,
  RefusedLine,
} from './client/transfer/client.transfer.js';
export type {
  TokenAdministration,
  TokenInformation,
  TokenList,
  TokenPage,
} from './token/token.administration.js';
export type {
  ListedResourceServer,
  ResourceServerAdministration,
  ResourceServerInput,
} from './resource/resource-server.administration.js';
export type {
  RegistrationTokenAdministration,
  RegistrationTokenInformation,
  RegistrationTokenInput,
  RegistrationTokenList,
} from './registration/registration-token.administration.js';
export type { ClientAdministration, ClientRevision, CreatedClient } from './client/client.administration.js';
export type { ClientSecretAdministration } from './client/client-secret.administration.js';
export type { NewClientSecret } from './client/client-secret.js';
export { toClientInformation, type ClientInformation } from './client/client.information.js';
export type { KeyAdministration, SigningKeyInformation } from './keys/key.administration.js';
