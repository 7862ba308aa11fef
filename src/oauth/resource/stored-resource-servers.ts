import type { Clock } from '../clock.js';
import { reach } from '../store-failure.js';
import type { ResourceServers, ResourceServerSource } from './resource-server.js';
import type { ResourceServerStore, StoredResourceServer } from './resource-server.store.js';
import { faultOf, toResourceServer } from './stored-resource-server.js';

/** Seconds after which they are read again: in this time every instance knows of a change. */
export const RESOURCE_SERVERS_LIFETIME = 10;

/** Brings the resource servers that all instances share into those that this one has. */
export class StoredResourceServers implements ResourceServerSource {
  private readAt = Number.NEGATIVE_INFINITY;
  private reading: Promise<void> | undefined;
  /** What the log has been told about, so that it is told once. */
  private told: ReadonlySet<string> = new Set();

  constructor(
    private readonly store: ResourceServerStore,
    private readonly servers: ResourceServers,
    private readonly clock: Clock,
    /** Tells the log. */
    private readonly report: (what: string, cause: unknown) => void,
  ) {}

  /** Reads them for the first time. @throws OauthError when the store does not answer. */
  async open(): Promise<void> {
    await this.read();
    this.servers.attach(this);
  }

  refresh(): Promise<void> | undefined {
    const age = this.clock.now() - this.readAt;
    return age >= RESOURCE_SERVERS_LIFETIME || age < 0 ? this.reload() : undefined;
  }

  async readAnew(): Promise<void> {
    await this.reading;
    await this.reload();
  }

  private reload(): Promise<void> {
    this.reading ??= this.readOrKeep().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  /** A store that is down does not stop what is known; it is asked again no sooner than one that answers. */
  private async readOrKeep(): Promise<void> {
    try {
      await this.read();
    } catch (cause) {
      this.readAt = this.clock.now();
      this.report('The stored resource servers could not be read again', cause);
    }
  }

  private async read(): Promise<void> {
    const startedAt = this.clock.now();
    const stored = await reach(() => this.store.all());
    const usable = this.withoutFaulty(stored);
    this.servers.replaceStored(usable.map((each) => toResourceServer(each, this.servers.rules)));
    this.readAt = startedAt;
  }

  private withoutFaulty(stored: readonly StoredResourceServer[]): readonly StoredResourceServer[] {
    const told = new Set<string>();
    const usable = stored.filter((each) => {
      const fault = faultOf(each, this.servers.rules);
      if (fault === undefined || this.servers.isConfigured(each.identifier)) return true;
      const what = `The stored resource server ${each.identifier} is left out`;
      if (!this.told.has(what + fault)) this.report(what, fault);
      told.add(what + fault);
      return false;
    });
    this.told = told;
    return usable;
  }
}
