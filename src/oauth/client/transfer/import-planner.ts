import { setImmediate as nextTurn } from 'node:timers/promises';
import { AdministrationError } from '../../administration.error.js';
import { OauthError } from '../../oauth.error.js';
import type { RegistrationRules } from '../client.registration.js';
import { CLIENT_ID } from '../client-id.js';
import type { ClientSecretIssuer } from '../client-secret.issuer.js';
import type { ClientStore, ClientWrite } from '../client.store.js';
import { refuseIf } from '../metadata-refusal.js';
import { changeOf } from './import-change.js';
import type { ImportPlan, RefusedLine } from './import-plan.js';
import { ignoredMembers, ImportedClients, readLine, type ClientLine } from './imported-client.js';
import { parseLines, type Lines } from './json-lines.js';
import type { Members } from './member-readers.js';
import { keepsSecrets } from './kept-secrets.js';
import { readStored, type StoredClients } from './stored-clients.js';

const MOST_IGNORED_NAMES = 100;
const LONGEST_NAME = 100;
const OTHER_NAMES = '(others)';
/** Others get their turn after so many lines. */
const AT_ONCE = 50;

/** Makes one plan. */
export class ImportPlanner {
  private readonly lines: ClientLine[] = [];
  private readonly refused: RefusedLine[] = [];
  private readonly ignored = new Map<string, number>();
  /** The ids of clients and of secrets, with the line of each. */
  private readonly ids = new Map<string, number>();
  private readonly secretIds = new Map<string, number>();
  private readonly clients: ImportedClients;
  private readonly created: string[] = [];
  private readonly updated: ImportPlan['updated'][number][] = [];
  private readonly withoutSecret: string[] = [];
  private readonly secretsKept: string[] = [];
  private readonly writes: ClientWrite[] = [];
  private unchanged = 0;

  constructor(
    private readonly store: ClientStore,
    rules: RegistrationRules,
    private readonly issuer: ClientSecretIssuer,
    private readonly now: number,
  ) {
    this.clients = new ImportedClients(rules, issuer, now);
  }

  /** @throws OauthError `invalid_request`, `temporarily_unavailable` */
  async plan(lines: Lines): Promise<ImportPlan> {
    for await (const parsed of parseLines(lines)) {
      if ('document' in parsed) await this.read(parsed.line, parsed.document);
      else this.refused.push({ line: parsed.line, code: 'invalid_line', description: parsed.refusal });
    }
    const stored = await readStored(this.store, this.lines);
    await this.compareAll(stored);
    return {
      created: this.created,
      updated: this.updated,
      unchanged: this.unchanged,
      refused: this.refused.sort((a, b) => a.line - b.line),
      ignored: Object.fromEntries(this.ignored),
      withoutSecret: this.withoutSecret,
      secretsKept: this.secretsKept,
      writes: this.writes,
    };
  }

  private async read(number: number, document: Members): Promise<void> {
    const { client_id: id } = document;
    const clientId = typeof id === 'string' && CLIENT_ID.test(id) ? id : undefined;
    await this.attempt(number, clientId, () => {
      if (clientId !== undefined) claim(this.ids, clientId, number, 'client_id');
      this.lines.push(readLine(number, document));
      for (const name of ignoredMembers(document)) this.ignore(name.slice(0, LONGEST_NAME));
    });
  }

  /** Each line is let go of before the next one is compared: they are most of what an import holds. */
  private async compareAll(stored: StoredClients): Promise<void> {
    this.lines.reverse();
    for (;;) {
      const line = this.lines.pop();
      if (!line) return;
      await this.attempt(line.line, line.id, () => this.compare(line, stored));
      if (this.lines.length % AT_ONCE === 0) await nextTurn();
    }
  }

  private async compare(line: ClientLine, stored: StoredClients): Promise<void> {
    const before = stored.clients.get(line.id);
    const client = await this.clients.read(line, before);
    for (const { id } of client.secrets)
      claim(this.secretIds, id, line.line, 'the id of one of client_secrets');
    const { write, changed, lacksSecret } = changeOf(client, stored, this.issuer, this.now);
    if (before && keepsSecrets(before, client, this.now)) this.secretsKept.push(client.id);
    if (!write) return void this.unchanged++;
    this.writes.push(write);
    if (write.revision === undefined) this.created.push(client.id);
    else this.updated.push({ clientId: client.id, changed });
    if (lacksSecret) this.withoutSecret.push(client.id);
  }

  private ignore(name: string): void {
    const known = this.ignored.has(name) || this.ignored.size < MOST_IGNORED_NAMES;
    const key = known ? name : OTHER_NAMES;
    this.ignored.set(key, (this.ignored.get(key) ?? 0) + 1);
  }

  /** A refusal of one line is not one of the others. */
  private async attempt(
    line: number,
    clientId: string | undefined,
    work: () => void | Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (failure) {
      const code = refusalCode(failure);
      if (code === undefined || !(failure instanceof Error)) throw failure;
      const description = failure instanceof OauthError ? failure.description : failure.message;
      this.refused.push({ line, ...(clientId !== undefined && { clientId }), code, description });
    }
  }
}

/** Missing: it is not about the line. */
function refusalCode(failure: unknown): string | undefined {
  if (failure instanceof AdministrationError) return failure.code;
  return failure instanceof OauthError && failure.status < 500 ? failure.code : undefined;
}

function claim(claimed: Map<string, number>, id: string, line: number, what: string): void {
  const earlier = claimed.get(id);
  refuseIf(earlier !== undefined, `${what} stands in line ${earlier} already`);
  claimed.set(id, line);
}
