import type { Client } from '../client/client.js';
import { isLive, matchingSecret } from '../client/client-secret.js';
import { refuseIf } from '../client/metadata-refusal.js';
import type { Clock } from '../clock.js';
import type { SelfManagedClient } from './client-access.js';
import { memberOf, type RegistrantDocument } from './registrant.document.js';
import type { RegistrantMetadata } from './registration.metadata.js';

/** RFC 7592 §2.2: what a client must not send. */
const FORBIDDEN = [
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
];

/** What a client may change about itself: everything that it may say, all at once. */
export class ClientUpdate {
  constructor(
    private readonly metadata: RegistrantMetadata,
    private readonly clock: Clock,
  ) {}

  /** What is to be registered in place of what is. @throws OauthError, the codes of RFC 7591 §3.2.2 */
  async documentFor(
    { registration, ...client }: SelfManagedClient['client'],
    body: RegistrantDocument,
  ): Promise<RegistrantDocument> {
    for (const name of FORBIDDEN) {
      refuseIf(memberOf(body, name) !== undefined, `${name} must not be given`);
    }
    refuseIf(memberOf(body, 'client_id') !== client.id, 'client_id must be the one of this client');
    this.checkSecret(client, memberOf(body, 'client_secret'));
    return this.metadata.from(body, registration.policy, client.scope);
  }

  /** A client cannot choose its secret: it may only repeat one that it has. */
  private checkSecret({ secrets }: Client, given: unknown): void {
    if (given === undefined) return;
    const now = this.clock.now();
    const known = typeof given === 'string' ? matchingSecret(secrets, given, now) : undefined;
    refuseIf(!known || !isLive(known, now), 'client_secret must be the one that this client has, or missing');
  }
}
