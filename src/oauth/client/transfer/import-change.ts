import { newTokenSeries } from '../../token/token-series.js';
import { changedMembers } from '../client-changes.js';
import type { Client, ClientSecret } from '../client.js';
import type { ClientSecretIssuer } from '../client-secret.issuer.js';
import { uselessSecrets } from '../client-secret.leftovers.js';
import type { ClientWrite } from '../client.store.js';
import { refuseIf } from '../metadata-refusal.js';
import type { ImportedClient } from './imported-client.js';
import type { StoredClients } from './stored-clients.js';

/** What becomes of one client. */
export interface ImportChange {
  /** Missing: nothing. */
  readonly write?: ClientWrite;
  /** The names of what is changed. */
  readonly changed: readonly string[];
  /** It authenticates with a secret, and would have none. */
  readonly lacksSecret?: boolean;
}

/** Compares a line with the client that is there. @throws OauthError `invalid_client_metadata` */
export function changeOf(
  imported: ImportedClient,
  stored: StoredClients,
  issuer: ClientSecretIssuer,
  now: number,
): ImportChange {
  const { id, secrets } = imported;
  for (const [index, secret] of secrets.entries()) {
    const owner = stored.owners.get(secret.id) ?? id;
    refuseIf(owner !== id, `client_secrets[${index}].id is that of a secret of another client`);
  }
  const before = stored.clients.get(id);
  const secretsToAdd = before ? added(before, imported) : [];
  const client = before ? updated(before, imported, secretsToAdd, issuer, now) : created(imported, now);
  issuer.requireUsable(client);
  const lacksSecret = issuer.serves(client) && client.secrets.length === 0;
  if (!before) return { write: { client }, changed: [], lacksSecret };
  const changed = differences(before, client);
  if (changed.length === 0) return { changed };
  // Not those that it has: one that is revoked before the plan is applied must not come back.
  const write = { client: { ...client, secrets: secretsToAdd }, revision: before.revision };
  return { write, changed, lacksSecret };
}

function created(
  { id, registered, enabled = true, issuedAt, secrets, first, registration }: ImportedClient,
  now: number,
): Client {
  return {
    id,
    revision: 1,
    enabled,
    createdAt: issuedAt ?? now,
    updatedAt: now,
    tokenSeries: newTokenSeries(),
    ...registered,
    ...(registration && { registration }),
    secrets: first ? [first] : secrets,
  };
}

/** What the line does not say of it stays: whether it is enabled, how it manages itself, and each of its secrets. */
function updated(
  before: Client,
  imported: ImportedClient,
  secretsToAdd: readonly ClientSecret[],
  issuer: ClientSecretIssuer,
  now: number,
): Client {
  const recoverable = before.secrets.some(({ encrypted }) => encrypted !== undefined);
  refuseIf(
    recoverable && issuer.keepsRecoverable(before) && !issuer.keepsRecoverable(imported.registered),
    'token_endpoint_auth_method is client_secret_jwt there: update the client, which removes the secrets kept for it',
  );
  const method = imported.registered.tokenEndpointAuthMethod;
  const left = uselessSecrets(before, issuer);
  refuseIf(
    left.length > 0 && method !== before.tokenEndpointAuthMethod,
    'token_endpoint_auth_method is another one there, with secrets of an earlier one: update the client, which removes them',
  );
  const enabled = imported.enabled ?? before.enabled;
  const registration = before.registration ?? imported.registration;
  return {
    id: before.id,
    revision: before.revision + 1,
    enabled,
    createdAt: before.createdAt,
    updatedAt: now,
    // As when an operator disables it: its tokens are dead, for good.
    tokenSeries: before.enabled && !enabled ? newTokenSeries() : before.tokenSeries,
    ...imported.registered,
    ...(registration && { registration }),
    secrets: [...before.secrets, ...secretsToAdd],
  };
}

function added({ secrets: there }: Client, { secrets, first }: ImportedClient): readonly ClientSecret[] {
  if (first) return there.length === 0 ? [first] : [];
  return secrets.filter(({ id }) => !there.some((secret) => secret.id === id));
}

function differences(before: Client, after: Client): string[] {
  const changed = changedMembers(before, after);
  if (after.enabled !== before.enabled) changed.push('enabled');
  if (after.secrets.length > before.secrets.length) changed.push('client_secrets');
  if (after.registration && !before.registration) changed.push('registration');
  return changed;
}
