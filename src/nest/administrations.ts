import type { Actor } from '../oauth/audit/journal.js';
import type { AuditAdministration } from '../oauth/audit/audit.administration.js';
import type { ClientAdministration } from '../oauth/client/client.administration.js';
import type { ClientSecretAdministration } from '../oauth/client/client-secret.administration.js';
import type { ClientTransfer } from '../oauth/client/transfer/client.transfer.js';
import type { KeyAdministration } from '../oauth/keys/key.administration.js';
import type { RegistrationTokenAdministration } from '../oauth/registration/registration-token.administration.js';
import type { ResourceServerAdministration } from '../oauth/resource/resource-server.administration.js';
import type { TokenAdministration } from '../oauth/token/token.administration.js';

/** Everything that an operator does, in the name of one actor. */
export interface Administrations {
  readonly clients: ClientAdministration;
  readonly secrets: ClientSecretAdministration;
  readonly tokens: TokenAdministration;
  readonly transfer: ClientTransfer;
  readonly resourceServers: ResourceServerAdministration;
  readonly keys: KeyAdministration;
  readonly registrationTokens: RegistrationTokenAdministration;
  readonly audit: AuditAdministration;
}

/** Makes them for an actor: for the one that it stands for where none is given. */
export type AdministrationFactory = (actor?: Actor) => Administrations;
