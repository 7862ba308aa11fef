import { isDeepStrictEqual } from 'node:util';
import type { AccessTokenFormat } from '../token/access-token.js';
import { GuardedResources, type GuardedResource } from './guarded-resource.js';

/** An API that accepts this server's tokens, with the rules for tokens meant for it. */
export interface ResourceServer extends GuardedResource {
  readonly scopes: readonly string[];
  /** What a client gets that asks for no scope and has no default of its own. */
  readonly defaultScopes: readonly string[];
  readonly isDefault: boolean;
  readonly accessTokenFormat: AccessTokenFormat;
  /** Seconds. */
  readonly accessTokenLifetime: number;
}

/** What the other options say about resource servers. */
export interface ResourceServerRules {
  readonly issuer: string;
  /** Seconds that a token lives where its resource server does not say. */
  readonly lifetime: number;
  /** Seconds that no token outlives. */
  readonly ceiling: number;
  /** Whether there are tokens of the format `jwt`: somebody has to find the keys. */
  readonly publishesKeys: boolean;
}

/** Where resource servers come from that are added while the application runs. */
export interface ResourceServerSource {
  /** Resolves, and never rejects, when what is known is fresh; `undefined` when it is. */
  refresh(): Promise<void> | undefined;
  /** The same with a read that begins after this call. */
  readAnew(): Promise<void>;
}

/**
 * The resource servers of this authorization server: those of the options, and behind them those that operators have
 * stored. They change between two turns of the event loop and never within one: who decides a request in several
 * steps takes these steps without waiting.
 */
export class ResourceServers extends GuardedResources<ResourceServer> {
  private readonly configuredOnes: ReadonlySet<ResourceServer>;
  private lists: ScopeLists;
  private source: ResourceServerSource | undefined;

  constructor(
    readonly configured: readonly ResourceServer[],
    readonly rules: ResourceServerRules,
  ) {
    super(configured, rules.issuer);
    this.configuredOnes = new Set(configured);
    this.lists = scopeLists(configured);
  }

  /** Every scope that exists at any of them. */
  get scopes(): readonly string[] {
    return this.lists.scopes;
  }

  get defaultScopes(): readonly string[] {
    return this.lists.defaultScopes;
  }

  /** The scopes that are among the defaults of every resource server that has them: whoever gets one gets no more elsewhere. */
  get defaultEverywhere(): readonly string[] {
    return this.lists.defaultEverywhere;
  }

  /** Always one of the configured. */
  get default(): ResourceServer | undefined {
    return this.configured.find((resource) => resource.isDefault);
  }

  /** Those that know this scope. */
  having(scope: string): readonly ResourceServer[] {
    return this.lists.having.get(scope) ?? [];
  }

  /** Those that know every one of these scopes. */
  private withScopes(scopes: readonly string[]): readonly ResourceServer[] {
    const [first = '', ...others] = scopes;
    return this.having(first).filter((resource) => others.every((scope) => resource.scopes.includes(scope)));
  }

  /** Those of them that these scopes mean where no resource is named: out of those that fit, if any does. */
  meantBy(scopes: readonly string[], fits: (resource: ResourceServer) => boolean): readonly ResourceServer[] {
    const all = this.withScopes(scopes);
    const fitting = all.filter(fits);
    return this.preferred(fitting.length > 0 ? fitting : all);
  }

  /** Takes the stored ones from there from now on. */
  attach(source: ResourceServerSource): void {
    this.source = source;
  }

  /** All that are stored, in place of those before. One that is configured as well is ignored. */
  replaceStored(stored: readonly ResourceServer[]): void {
    const beside = stored.filter(({ identifier }) => !this.isConfigured(identifier));
    const all = [...this.configured, ...beside];
    if (isDeepStrictEqual(all, this.all)) return;
    this.replace(all);
    this.lists = scopeLists(all);
  }

  isConfigured(identifier: string): boolean {
    return this.configured.some((each) => each.identifier === identifier);
  }

  override refresh(): Promise<void> | undefined {
    return this.source?.refresh();
  }

  /** After a change that was made here. */
  async readAnew(): Promise<void> {
    await this.source?.readAnew();
  }

  /** What is stored never changes what the configured ones mean to handlers and clients. */
  protected override preferred(resources: readonly ResourceServer[]): readonly ResourceServer[] {
    const configured = resources.filter((resource) => this.configuredOnes.has(resource));
    return configured.length > 0 ? configured : resources;
  }
}

interface ScopeLists {
  readonly scopes: readonly string[];
  readonly defaultScopes: readonly string[];
  readonly defaultEverywhere: readonly string[];
  readonly having: ReadonlyMap<string, readonly ResourceServer[]>;
}

function scopeLists(all: readonly ResourceServer[]): ScopeLists {
  const having = new Map<string, ResourceServer[]>();
  for (const resource of all) {
    for (const scope of resource.scopes) {
      const others = having.get(scope);
      if (others) others.push(resource);
      else having.set(scope, [resource]);
    }
  }
  const defaultScopes = [...new Set(all.flatMap((resource) => resource.defaultScopes))];
  const isEverywhere = (scope: string) =>
    having.get(scope)?.every((resource) => resource.defaultScopes.includes(scope)) ?? false;
  return {
    scopes: [...having.keys()],
    defaultScopes,
    defaultEverywhere: defaultScopes.filter(isEverywhere),
    having,
  };
}
