import { Inject, Injectable } from '@nestjs/common';
import { ClientAdministration } from '../oauth/client/client.administration.js';
import { ClientSecretAdministration } from '../oauth/client/client-secret.administration.js';
import { KeyAdministration } from '../oauth/keys/key.administration.js';
import type { OauthConfiguration } from '../oauth/oauth.configuration.js';
import { OAUTH_CONFIGURATION } from './oauth.tokens.js';

/** What an operator does: the command of the kit, and any user interface, stand on it. */
@Injectable()
export class OauthAdmin {
  constructor(
    @Inject(ClientAdministration) readonly clients: ClientAdministration,
    @Inject(ClientSecretAdministration) readonly secrets: ClientSecretAdministration,
    @Inject(KeyAdministration) readonly keys: KeyAdministration,
    @Inject(OAUTH_CONFIGURATION) private readonly configuration: OauthConfiguration,
  ) {}

  /** Tells the authorization servers of a process apart. */
  get issuer(): string {
    return this.configuration.issuer;
  }
}
