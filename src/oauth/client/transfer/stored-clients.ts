import { reach } from '../../store-failure.js';
import { positionOf } from '../client-page.js';
import type { Client } from '../client.js';
import type { ClientStore } from '../client.store.js';
import type { ClientLine } from './imported-client.js';
import { namedSecrets } from './transferred-secrets.js';

const PAGE = 500;

/** What an import has to be compared with. */
export interface StoredClients {
  /** Those that it names, by their ids. */
  readonly clients: ReadonlyMap<string, Client>;
  /** Whose the secrets are that it names, by the ids of the secrets, which no two clients share. */
  readonly owners: ReadonlyMap<string, string>;
}

/** Reads them in one walk over the store, page by page. @throws OauthError `temporarily_unavailable` */
export async function readStored(store: ClientStore, lines: readonly ClientLine[]): Promise<StoredClients> {
  const ids = new Set(lines.map(({ id }) => id));
  const secretIds = new Set(lines.flatMap(({ document }) => namedSecrets(document['client_secrets'])));
  const clients = new Map<string, Client>();
  const owners = new Map<string, string>();
  if (ids.size === 0) return { clients, owners };
  for (let last: Client | undefined, more = true; more;) {
    const after = last && positionOf(last);
    const page = await reach(() => store.list({ limit: PAGE, ...(after && { after }) }));
    for (const client of page) {
      if (ids.has(client.id)) clients.set(client.id, client);
      for (const { id } of client.secrets) if (secretIds.has(id)) owners.set(id, client.id);
    }
    last = page.at(-1);
    more = page.length === PAGE;
  }
  return { clients, owners };
}
