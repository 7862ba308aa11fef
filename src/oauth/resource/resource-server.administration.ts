import { AdministrationError } from '../administration.error.js';
import type { Journal } from '../audit/journal.js';
import type { Clock } from '../clock.js';
import { reach } from '../store-failure.js';
import {
  describeResourceServer,
  requireIdentifier,
  type ResourceServerDescription,
  type ResourceServerInput,
} from './resource-server.input.js';
import type { ResourceServerStore, StoredResourceServer } from './resource-server.store.js';
import type { ResourceServer, ResourceServers } from './resource-server.js';
import { toResourceServer } from './stored-resource-server.js';

export type { ResourceServerInput } from './resource-server.input.js';

/** A resource server as an operator sees it. */
export interface ListedResourceServer extends ResourceServer {
  /** `configured` ones are the host's options, and cannot be changed here. */
  readonly source: 'configured' | 'stored';
  /** Of stored ones. */
  readonly revision?: number;
}

/**
 * What an operator does with the resource servers that are stored beside the configured ones. They are named by their
 * identifier, or by their path below the issuer. One that is configured as well counts as configured.
 */
export class ResourceServerAdministration {
  constructor(
    private readonly store: ResourceServerStore,
    private readonly servers: ResourceServers,
    private readonly clock: Clock,
    private readonly journal: Journal,
  ) {}

  /** The configured ones first, then the stored ones in the order of their identifiers. */
  async list(): Promise<readonly ListedResourceServer[]> {
    const stored = await reach(() => this.store.all());
    const beside = stored.filter(({ identifier }) => !this.servers.isConfigured(identifier));
    return [...this.servers.configured.map(configured), ...beside.map((each) => this.listed(each))];
  }

  /** @throws AdministrationError `resource_server_not_found` */
  async get(identifier: string): Promise<ListedResourceServer> {
    const wanted = this.identifier(identifier);
    const own = this.servers.configured.find((each) => each.identifier === wanted);
    return own ? configured(own) : this.listed(await this.find(wanted));
  }

  /**
   * Seen here at once, by other instances within ten seconds. Where no resource is named, its scopes mean the configured
   * one that has them, too; it is never the default resource. A handler that only belongs to it (`@ProtectedResource`, or
   * scopes that exist there alone) stops the start of an application that starts before it is stored.
   *
   * @throws AdministrationError `resource_server_exists`, OauthError `invalid_request`
   */
  async create(identifier: string, input: ResourceServerInput): Promise<ListedResourceServer> {
    const wanted = requireIdentifier(this.identifier(identifier));
    const description = describeResourceServer(input, this.servers.rules);
    const now = this.clock.now();
    const created = { identifier: wanted, revision: 1, createdAt: now, updatedAt: now, ...description };
    if (this.servers.isConfigured(wanted)) throw exists(wanted);
    await this.change('resource_server.created', wanted, { scopes: created.scopes }, async () => {
      if (!(await reach(() => this.store.create(created)))) throw exists(wanted);
    });
    return this.listed(created);
  }

  /**
   * Changes the members that are named; null takes one away. With `revision` only the one of that revision is changed: who
   * has read another one gets a `conflict`. Tokens that are issued already stay as they are.
   *
   * @throws AdministrationError `resource_server_not_found`, `conflict`, `unsupported` for a configured one, OauthError
   * `invalid_request`
   */
  async update(
    identifier: string,
    input: Partial<ResourceServerInput>,
    { revision }: { revision?: number | undefined } = {},
  ): Promise<ListedResourceServer> {
    const before = await this.find(this.changeable(identifier));
    if (revision !== undefined && revision !== before.revision) throw conflict(before.identifier);
    const description = describeResourceServer(input, this.servers.rules, before);
    const changed: StoredResourceServer = {
      identifier: before.identifier,
      revision: before.revision + 1,
      createdAt: before.createdAt,
      updatedAt: this.clock.now(),
      ...description,
    };
    const detail = { changed: changedMembers(before, changed) };
    await this.change('resource_server.updated', before.identifier, detail, async () => {
      const written = await reach(() => this.store.update(changed, before.revision));
      if (!written) throw conflict(before.identifier);
    });
    return this.listed(changed);
  }

  /**
   * From now on there are no tokens for it, and the guards of this issuer refuse those that there are. Clients keep its
   * scopes, which grant nothing where no other resource server has them. With `revision` as in `update`.
   *
   * @throws AdministrationError `resource_server_not_found`, `conflict`, `unsupported` for a configured one
   */
  async delete(identifier: string, { revision }: { revision?: number | undefined } = {}): Promise<void> {
    const wanted = this.changeable(identifier);
    if (revision !== undefined && revision !== (await this.find(wanted)).revision) throw conflict(wanted);
    await this.change('resource_server.deleted', wanted, {}, async () => {
      if (await reach(() => this.store.delete(wanted, revision))) return;
      if (revision === undefined) throw notFound(wanted);
      await this.find(wanted);
      throw conflict(wanted);
    });
  }

  private async find(identifier: string): Promise<StoredResourceServer> {
    const stored = await reach(() => this.store.all());
    const found = stored.find((each) => each.identifier === identifier);
    if (!found) throw notFound(identifier);
    return found;
  }

  private identifier(name: unknown): string {
    return typeof name === 'string' ? this.servers.absolute(name) : '';
  }

  private changeable(name: unknown): string {
    const identifier = this.identifier(name);
    if (!this.servers.isConfigured(identifier)) return identifier;
    const message = `The resource server ${identifier} is one of the host's options: change it there.`;
    throw new AdministrationError('unsupported', message);
  }

  private listed(stored: StoredResourceServer): ListedResourceServer {
    const { revision } = stored;
    return { ...toResourceServer(stored, this.servers.rules), source: 'stored', revision };
  }

  /** Read again whatever comes of it: the change may have been made. */
  private async change(
    type: 'resource_server.created' | 'resource_server.updated' | 'resource_server.deleted',
    identifier: string,
    detail: Readonly<Record<string, readonly string[]>>,
    work: () => Promise<void>,
  ): Promise<void> {
    await this.journal.telling(type, identifier, { detail }, async () => {
      try {
        await work();
      } finally {
        await this.servers.readAnew();
      }
    });
  }
}

function configured(server: ResourceServer): ListedResourceServer {
  return { ...server, source: 'configured' };
}

const STORED_MEMBERS = [
  'scopes', 'defaultScopes', 'accessTokenFormat', 'accessTokenLifetime', 'name', 'documentation', 'publishesMetadata',
] as const satisfies readonly (keyof ResourceServerDescription)[]; // prettier-ignore

/** As an operator names them. */
function changedMembers(before: StoredResourceServer, after: StoredResourceServer): string[] {
  return STORED_MEMBERS.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])).map(
    (name) => (name === 'publishesMetadata' ? 'metadata' : name),
  );
}

function exists(identifier: string): AdministrationError {
  return new AdministrationError(
    'resource_server_exists',
    `There is a resource server ${identifier} already.`,
  );
}

function conflict(identifier: string): AdministrationError {
  const message = `The resource server ${shortened(identifier)} was changed by somebody else just now.`;
  return new AdministrationError('conflict', message);
}

function notFound(identifier: string): AdministrationError {
  const message = `There is no resource server ${shortened(identifier)}.`;
  return new AdministrationError('resource_server_not_found', message);
}

/** An identifier that there is none of may be anything. */
function shortened(identifier: string): string {
  return identifier.length > 200 ? `${identifier.slice(0, 200)}...` : identifier;
}
