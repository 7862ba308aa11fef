import { AdministrationError } from '../../administration.error.js';
import type { Journal, RecordedChange } from '../../audit/journal.js';
import type { Clock } from '../../clock.js';
import { OauthError } from '../../oauth.error.js';
import { reach } from '../../store-failure.js';
import type { ClientKeeper } from '../client.cache.js';
import type { ClientFilter } from '../client-page.js';
import { tenantOf, type Client } from '../client.js';
import { toClientInformation, type ClientInformation } from '../client.information.js';
import { ClientListing } from '../client.listing.js';
import type { RegistrationRules } from '../client.registration.js';
import type { ClientSecretIssuer } from '../client-secret.issuer.js';
import type { ClientStore } from '../client.store.js';
import type { ImportPlan } from './import-plan.js';
import { ImportPlanner } from './import-planner.js';
import type { Lines } from './json-lines.js';
import { exportRegistration } from './transferred-registration.js';
import { exportSecrets } from './transferred-secrets.js';

export type { ImportPlan, RefusedLine } from './import-plan.js';

export interface ExportOptions {
  /**
   * Whether what is kept of the secrets and of registration access tokens is there, too: digests, imported hashes, and the
   * encrypted secrets of `client_secret_jwt`, which only a server with the same `keyEncryptionSecret` can use. Never a
   * secret in the clear. Default: false.
   */
  readonly secrets?: boolean | undefined;
  /** Default: every client. */
  readonly filter?: ClientFilter | undefined;
}

export interface ApplyOptions {
  /** Whether the other lines are imported where some are refused. Default: false, and nothing is. */
  readonly skipRefused?: boolean | undefined;
}

const PAGE = 500;
/** Ten minutes: one transaction with every client of a long file. */
const IMPORT_WITHIN_MILLISECONDS = 600_000;

/**
 * Clients as JSON lines with the names of RFC 7591 §2, and the kit's own: `enabled` where it is false, and, with secrets,
 * `client_secrets` and `registration`. What is exported can be imported elsewhere, and exported there as the same text.
 */
export class ClientTransfer {
  constructor(
    private readonly store: ClientStore,
    private readonly keeper: ClientKeeper,
    private readonly rules: RegistrationRules,
    private readonly secrets: ClientSecretIssuer,
    private readonly clock: Clock,
    private readonly journal: Journal,
  ) {}

  /**
   * The clients in the order of their ids, one object each, read page by page. Told as `clients.exported`, with whether the
   * secrets are there, when the first one is asked for: before any leaves. @throws OauthError `invalid_request` for the
   * filter
   */
  async *export({ secrets = false, filter = {} }: ExportOptions = {}): AsyncGenerator<ClientInformation> {
    const listing = new ClientListing(this.store);
    let page = await listing.list({ ...filter, limit: PAGE });
    await this.journal.record('clients.exported', '*', { detail: { secrets } });
    for (;;) {
      for (const client of page.clients) yield exported(client, secrets);
      if (page.next === undefined) return;
      page = await listing.list({ ...filter, limit: PAGE, after: page.next });
    }
  }

  /**
   * Checks every line, against the rules of `clients.create` and against the clients that are there, and changes nothing.
   *
   * A line is a JSON object of at most 256 KiB with a `client_id`; there are at most 100,000. A new client gets the secrets
   * of the line (`client_secrets`, `client_secret` or `client_secret_hash`), and none where it has none. A client that is
   * there becomes what the line says; `enabled` and `registration` stay where the line has none, and a `registration` that
   * it has stays. Its secrets stay, and those of `client_secrets` whose ids it has not are added; `client_secret` and
   * `client_secret_hash` count where it has none. So importing the same lines twice changes nothing.
   *
   * @throws OauthError `invalid_request` for too many lines, `temporarily_unavailable`
   */
  async plan(lines: Lines): Promise<ImportPlan> {
    await this.rules.resources.refresh();
    return new ImportPlanner(this.store, this.rules, this.secrets, this.clock.now()).plan(lines);
  }

  /**
   * Does what is planned, all of it or nothing, also if the store fails in the middle: then it may be repeated. Told as
   * `client.created` or `client.updated` of each client, with the detail `import`, and then as one `clients.imported` with
   * the numbers of clients; that alone, with the detail `outcome: 'unknown'`, where the store has not answered.
   *
   * @throws AdministrationError `conflict` where one of the clients was made or changed since the plan was made, OauthError
   * `invalid_request` where lines are refused and `skipRefused` is not set, `temporarily_unavailable`
   */
  async apply(plan: ImportPlan, { skipRefused = false }: ApplyOptions = {}): Promise<void> {
    const { writes, refused } = plan;
    if (refused.length > 0 && !skipRefused) {
      throw OauthError.invalidRequest(`Lines are refused, so nothing is imported: ${refused.length}.`);
    }
    if (writes.length === 0) return;
    const detail = { created: plan.created.length, updated: plan.updated.length };
    await this.journal.telling('clients.imported', '*', { detail }, async () => {
      const inTheWay = await this.write(plan);
      if (inTheWay === undefined) return this.journal.recordAll(changesOf(plan));
      throw new AdministrationError(
        'conflict',
        `The client ${inTheWay} was made or changed by somebody else just now. Nothing was imported.`,
      );
    });
  }

  private async write({ writes }: ImportPlan): Promise<string | undefined> {
    try {
      return await reach(() => this.store.writeAll(writes), IMPORT_WITHIN_MILLISECONDS);
    } finally {
      // A store that has failed may have written all the same.
      for (const { client } of writes) this.keeper.forget(client.id);
    }
  }
}

/** One of each client. */
function changesOf({ writes, updated }: ImportPlan): RecordedChange[] {
  const changed = new Map(updated.map((each) => [each.clientId, each.changed]));
  return writes.map(({ client, revision }) => {
    const about = { subject: client.id, tenant: tenantOf(client) };
    if (revision === undefined) return { type: 'client.created', ...about, detail: { import: true } };
    const detail = { changed: changed.get(client.id) ?? [], import: true };
    return { type: 'client.updated', ...about, detail };
  });
}

function exported(client: Client, secrets: boolean): ClientInformation {
  return {
    ...toClientInformation(client),
    ...(!client.enabled && { enabled: false }),
    ...(secrets && client.secrets.length > 0 && { client_secrets: exportSecrets(client) }),
    ...(secrets && client.registration && { registration: exportRegistration(client.registration) }),
  };
}
