import { IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { OauthError } from '../oauth.error.js';
import { reach } from '../store-failure.js';
import { requireValid } from '../validation.js';
import {
  CLIENT_ORDERS,
  positionOf,
  type ClientFilter,
  type ClientOrder,
  type ClientPosition,
} from './client-page.js';
import { CLIENT_ID } from './client-id.js';
import { requestedLabels } from './client-record.metadata.js';
import type { Client } from './client.js';
import type { ClientStore } from './client.store.js';

const MOST = 500;
const TEXT = /^[^\p{Cc}]{1,255}$/u;
const text = { message: '$property must be text of 1 to 255 characters without control characters' };

/** Which clients, in which order, how many: all of it is optional. */
export interface ClientQueryInput {
  /** Stands in the id, the name, the owner or the description, whatever its case. */
  readonly search?: string | undefined;
  /** Exactly this owner. */
  readonly owner?: string | undefined;
  /** Each of these, with this value. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly enabled?: boolean | undefined;
  /** `id`, `name`, `createdAt` or `updatedAt`. Default: `id`. */
  readonly order?: ClientOrder | undefined;
  /** Default: false. */
  readonly descending?: boolean | undefined;
  /** 1 to 500. Default: 50. */
  readonly limit?: number | undefined;
  /** The `next` of the page before, asked for in the same order. */
  readonly after?: string | undefined;
}

/** A page of clients. */
export interface ClientList {
  readonly clients: readonly Client[];
  /** The cursor of the next page. Missing: this is the last. */
  readonly next?: string;
}

class ClientQuery {
  @IsOptional()
  @IsString(text)
  @Matches(TEXT, text)
  readonly search?: string;

  @IsOptional()
  @IsString(text)
  @Matches(TEXT, text)
  readonly owner?: string;

  @IsOptional()
  @IsObject({ message: 'labels must be an object of labels' })
  readonly labels?: Readonly<Record<string, string>>;

  @IsOptional()
  @IsBoolean({ message: 'enabled must be true or false' })
  readonly enabled?: boolean;

  @IsOptional()
  @IsIn(CLIENT_ORDERS, { message: `order must be one of ${CLIENT_ORDERS.join(', ')}` })
  readonly order?: ClientOrder;

  @IsOptional()
  @IsBoolean({ message: 'descending must be true or false' })
  readonly descending?: boolean;

  @IsOptional()
  @IsInt({ message: `limit must be a whole number from 1 to ${MOST}` })
  @Min(1, { message: `limit must be a whole number from 1 to ${MOST}` })
  @Max(MOST, { message: `limit must be a whole number from 1 to ${MOST}` })
  readonly limit?: number;

  @IsOptional()
  @IsString({ message: 'after must be the next of the page before' })
  readonly after?: string;

  static from(input: ClientQueryInput): ClientQuery {
    const query = new ClientQuery();
    for (const name of QUERY_MEMBERS) {
      if (input[name] !== undefined) Object.assign(query, { [name]: input[name] });
    }
    return requireValid(query);
  }
}

const QUERY_MEMBERS = [
  'search', 'owner', 'labels', 'enabled', 'order', 'descending', 'limit', 'after',
] as const satisfies readonly (keyof ClientQuery)[]; // prettier-ignore

/** Lists clients, page by page, each page at the same cost. */
export class ClientListing {
  constructor(private readonly store: ClientStore) {}

  /** @throws OauthError `invalid_request` */
  async list(input: ClientQueryInput): Promise<ClientList> {
    const { after, limit = 50, order = 'id', descending = false, ...wanted } = ClientQuery.from(input);
    const position = after === undefined ? undefined : readCursor(after, order);
    // One more tells whether there is a page behind this one.
    const page = {
      limit: limit + 1,
      order,
      descending,
      filter: filter(wanted),
      ...(position && { after: position }),
    };
    const found = await reach(() => this.store.list(page));
    const clients = found.slice(0, limit);
    const last = clients.at(-1);
    return found.length > limit && last ? { clients, next: cursor(last, order) } : { clients };
  }
}

function filter({ search, owner, labels, enabled }: Pick<ClientQuery, keyof ClientFilter>): ClientFilter {
  const checked = requestedLabels(labels);
  return {
    ...(search !== undefined && { search }),
    ...(owner !== undefined && { owner }),
    ...(checked && { labels: checked }),
    ...(enabled !== undefined && { enabled }),
  };
}

function cursor(client: Client, order: ClientOrder): string {
  const { key, id } = positionOf(client, order);
  return Buffer.from(JSON.stringify([order, key, id]), 'utf8').toString('base64url');
}

function readCursor(text: string, order: ClientOrder): ClientPosition {
  const parts = parse(Buffer.from(text, 'base64url').toString('utf8'));
  const [of, key, id] = Array.isArray(parts) ? (parts as readonly unknown[]) : [];
  if (of !== order || !isKey(key, order) || typeof id !== 'string' || !CLIENT_ID.test(id)) {
    throw OauthError.invalidRequest('after must be the next of the page before, asked for in the same order');
  }
  return { key, id };
}

/** What {@link sortKey} may say. */
function isKey(key: unknown, order: ClientOrder): key is string | number {
  if (order === 'id') return typeof key === 'string' && CLIENT_ID.test(key);
  if (order === 'name') return typeof key === 'string' && /^[0-9a-f]{0,480}$/.test(key);
  return Number.isSafeInteger(key);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
