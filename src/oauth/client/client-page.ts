import type { Client, Labels } from './client.js';

/** What clients can be listed by. */
export const CLIENT_ORDERS = ['id', 'name', 'createdAt', 'updatedAt'] as const;
export type ClientOrder = (typeof CLIENT_ORDERS)[number];

/** Which clients are wanted. All that is given has to be met. */
export interface ClientFilter {
  /** Stands in the id, the name, the owner or the description, whatever its case. */
  readonly search?: string;
  readonly owner?: string;
  /** Each of these, with this value. */
  readonly labels?: Labels;
  readonly enabled?: boolean;
}

/** Where a client stands in an order. */
export interface ClientPosition {
  /** What {@link sortKey} says. */
  readonly key: string | number;
  readonly id: string;
}

/** At most `limit` clients. */
export interface ClientPage {
  readonly limit: number;
  /** Default: `id`. Those that are alike in it stand in the order of their ids. */
  readonly order?: ClientOrder;
  /** Default: false. Turns the order around, that of the ids too. */
  readonly descending?: boolean;
  /** Only those behind this position. */
  readonly after?: ClientPosition;
  readonly filter?: ClientFilter;
}

/** Longer names are not told apart in the order. */
const LONGEST_NAME_KEY = 60;

/** What a client is looked for by. */
export type Described = Pick<Client, 'id' | 'owner' | 'description' | 'information'>;

/** What a client is put in order by: a number, or ASCII text in the order of its characters. */
export function sortKey(client: Client, order: ClientOrder): string | number {
  if (order === 'id') return client.id;
  return order === 'name' ? nameKey(client) : client[order];
}

/** The place of a client in an order. */
export function positionOf(client: Client, order: ClientOrder = 'id'): ClientPosition {
  return { key: sortKey(client, order), id: client.id };
}

/** The name in lower case, in hexadecimal: in order by code point on every database. '' for a client without one. */
export function nameKey({ information: { client_name: name } }: Pick<Client, 'information'>): string {
  const text = typeof name === 'string' ? name : '';
  return Buffer.from([...text.toLowerCase()].slice(0, LONGEST_NAME_KEY).join(''), 'utf8').toString('hex');
}

/** What {@link ClientFilter.search} looks through, in lower case. */
export function searchText({
  id,
  information: { client_name: name },
  owner,
  description,
}: Described): string {
  const parts = [id, typeof name === 'string' ? name : '', owner ?? '', description ?? ''];
  return parts.join('\n').toLowerCase();
}

/** Whether a client is one of those that are wanted: what every store has to agree with. */
export function isWanted(client: Client, { search, owner, labels = {}, enabled }: ClientFilter): boolean {
  return (
    (search === undefined || searchText(client).includes(search.toLowerCase())) &&
    (owner === undefined || client.owner === owner) &&
    (enabled === undefined || client.enabled === enabled) &&
    Object.entries(labels).every(([name, value]) => labelOf(client, name) === value)
  );
}

function labelOf({ labels }: Client, name: string): string | undefined {
  return labels && Object.hasOwn(labels, name) ? labels[name] : undefined;
}
