import {
  toClientInformation,
  type Client,
  type ClientInformation,
  type ClientSecret,
} from 'nestjs-oauth-kit';
import { isoTime, type Output } from './output.js';
import { policyJson, policyText } from './policy.views.js';

/** What goes with a new secret. */
export const SHOWN_ONCE = 'The client_secret is shown this once. Keep it now: it cannot be read again.';

/** A client as JSON, outside the one moment in which it has a secret to show. */
export function clientJson(client: Client): ClientInformation {
  return { ...toClientInformation(client), enabled: client.enabled };
}

/** The same with the revision, which an update may name, and with what lets it manage itself: never the digest. */
export function clientRecordJson(client: Client): ClientInformation {
  const { revision, registration } = client;
  return {
    ...clientJson(client),
    revision,
    ...(registration && {
      registration_opened_by: registration.openedBy,
      registration_policy: policyJson(registration.policy),
    }),
  };
}

/** A secret as JSON: nothing of the secret itself, not even its digest. */
export function secretJson(secret: ClientSecret): object {
  const { id, createdAt, expiresAt = 0, lastUsedAt } = secret;
  return {
    id,
    kept_as: keptAs(secret),
    created_at: createdAt,
    expires_at: expiresAt,
    ...(lastUsedAt !== undefined && { last_used_at: lastUsedAt }),
  };
}

/** The members of a client information response, one a line, under the names that `--metadata` takes. */
export function printClient(output: Output, information: ClientInformation): void {
  output.record(Object.entries(information).map(([name, value]) => [name, readable(name, value)]));
}

export function printClients(output: Output, clients: readonly Client[]): void {
  const now = Date.now() / 1000;
  output.table(
    ['ID', 'NAME', 'OWNER', 'ENABLED', 'METHOD', 'SCOPE', 'CREATED', 'LIVE SECRETS'],
    clients.map((client) => [
      client.id,
      nameOf(client),
      client.owner ?? '-',
      client.enabled ? 'yes' : 'no',
      client.tokenEndpointAuthMethod,
      client.scope?.join(' ') ?? '(default)',
      isoTime(client.createdAt),
      String(client.secrets.filter((secret) => isLive(secret, now)).length),
    ]),
  );
}

export function printSecrets(output: Output, secrets: readonly ClientSecret[]): void {
  const now = Date.now() / 1000;
  output.table(
    ['SECRET ID', 'KEPT AS', 'CREATED', 'EXPIRES', 'LAST USED', 'STATE'],
    secrets.map((secret) => [
      secret.id,
      keptAs(secret),
      isoTime(secret.createdAt),
      secret.expiresAt === undefined ? 'never' : isoTime(secret.expiresAt),
      secret.lastUsedAt === undefined ? '-' : isoTime(secret.lastUsedAt),
      isLive(secret, now) ? 'live' : 'expired',
    ]),
  );
}

export function nameOf({ information: { client_name: name } }: Client): string {
  return typeof name === 'string' ? name : '-';
}

/** An imported hash becomes a digest when it is first used. */
function keptAs({ digest, encrypted }: ClientSecret): string {
  if (encrypted !== undefined) return 'encrypted';
  return digest.startsWith('$') ? 'imported hash' : 'digest';
}

function isLive({ expiresAt = Number.POSITIVE_INFINITY }: ClientSecret, now: number): boolean {
  return now < expiresAt;
}

function readable(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.join(', ') || '-';
  if (name === 'labels') return labelled(value);
  if (name === 'registration_policy') return policyText(value);
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number' && name.endsWith('_at')) return value === 0 ? 'never' : isoTime(value);
  return String(value);
}

function labelled(labels: unknown): string {
  return Object.entries(labels ?? {})
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(', ');
}
