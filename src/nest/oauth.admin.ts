import { Inject, Injectable } from '@nestjs/common';
import type { AuditAdministration } from '../oauth/audit/audit.administration.js';
import type { Actor } from '../oauth/audit/journal.js';
import type { ClientAdministration } from '../oauth/client/client.administration.js';
import type { ClientSecretAdministration } from '../oauth/client/client-secret.administration.js';
import type { ClientTransfer } from '../oauth/client/transfer/client.transfer.js';
import type { KeyAdministration } from '../oauth/keys/key.administration.js';
import type { OauthConfiguration } from '../oauth/oauth.configuration.js';
import type { RegistrationTokenAdministration } from '../oauth/registration/registration-token.administration.js';
import type { ResourceServerAdministration } from '../oauth/resource/resource-server.administration.js';
import type { TokenAdministration } from '../oauth/token/token.administration.js';
import type { AdministrationFactory, Administrations } from './administrations.js';
import { ADMINISTRATION_FACTORY, OAUTH_CONFIGURATION } from './oauth.tokens.js';

/**
 * What an operator does: the command of the kit, its REST API, and any user interface, stand on it. Every refusal is an
 * `AdministrationError` or an `OauthError`.
 */
@Injectable()
export class OauthAdmin implements Administrations {
  readonly clients: ClientAdministration;
  /** Of clients. */
  readonly secrets: ClientSecretAdministration;
  /** Access tokens of clients. */
  readonly tokens: TokenAdministration;
  /** Import and export of clients. */
  readonly transfer: ClientTransfer;
  readonly resourceServers: ResourceServerAdministration;
  /** That sign. */
  readonly keys: KeyAdministration;
  /** That let clients register themselves. */
  readonly registrationTokens: RegistrationTokenAdministration;
  readonly audit: AuditAdministration;

  constructor(
    @Inject(ADMINISTRATION_FACTORY) private readonly factory: AdministrationFactory,
    @Inject(OAUTH_CONFIGURATION) private readonly configuration: OauthConfiguration,
  ) {
    const administrations = factory();
    this.clients = administrations.clients;
    this.secrets = administrations.secrets;
    this.tokens = administrations.tokens;
    this.transfer = administrations.transfer;
    this.resourceServers = administrations.resourceServers;
    this.keys = administrations.keys;
    this.registrationTokens = administrations.registrationTokens;
    this.audit = administrations.audit;
  }

  /** The same, with every change made in the name of this actor. */
  by(actor: Actor): OauthAdmin {
    return new OauthAdmin((other = actor) => this.factory(other), this.configuration);
  }

  /** Tells the authorization servers of a process apart. */
  get issuer(): string {
    return this.configuration.issuer;
  }
}
