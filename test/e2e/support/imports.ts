import { createHash } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export const secretOf = (index: number): string => `the-secret-of-client-${index}`;
export const idOf = (index: number): string => `client-${String(index).padStart(6, '0')}`;

/** A client as an export with secrets has it. */
export function exportedClient(index: number): Record<string, unknown> {
  const issued = 1_700_000_000 + index;
  const secret = {
    id: sha256(`id ${index}`).slice(0, 16),
    digest: sha256(secretOf(index)),
    created_at: issued,
    expires_at: index % 10 === 3 ? 4_000_000_000 : 0,
  };
  return {
    client_id: idOf(index),
    client_id_issued_at: issued,
    client_name: index % 100 === 0 ? `Größe „${index}“ 🚂\\"` : `Client ${index}`,
    ...(index % 7 === 0 && { contacts: [`team-${index}@example.com`], software_version: '1.0' }),
    token_endpoint_auth_method: index % 5 === 0 ? 'client_secret_post' : 'client_secret_basic',
    grant_types: ['client_credentials'],
    response_types: [],
    scope: index % 2 === 0 ? 'catalog:read statistics:read' : 'catalog:read',
    default_scope: 'catalog:read',
    ...(index % 11 === 0 && { access_token_format: 'opaque', access_token_ttl: 600 }),
    ...(index % 3 === 0 && { owner: `team ${index % 30}`, labels: { team: `t${index % 30}`, tenant: 'acme' } }),
    ...(index % 13 === 0 && { enabled: false }),
    client_secrets:
      index % 17 === 0 ? [secret, { ...secret, id: sha256(`second ${index}`).slice(0, 16), created_at: issued + 1 }] : [secret],
  }; // prettier-ignore
}

export function exportedLines(count: number): string[] {
  return Array.from({ length: count }, (_, index) => JSON.stringify(exportedClient(index)));
}

/** When a connection is cut: so many bytes after the first client is written, or at the end of its transaction. */
export type Cut = number | 'before the commit' | 'after the commit';

/** The beginning of a statement that writes clients or their secrets, in any of the protocols. */
const WRITES = /INSERT INTO .oauth_client/;
const COMMIT = /COMMIT/;
const LONGEST_MARK = 40;

/** A TCP proxy in front of a database that does something once, in the middle of an import. */
export class Guillotine {
  private readonly sockets = new Set<Socket>();
  /** Bytes that were let through since the first client was written. */
  private since: number | undefined;
  private tail = '';
  private fallen = false;

  private constructor(
    private readonly server: Server,
    private readonly target: { readonly host: string; readonly port: number },
    private readonly at: Cut,
    private readonly fall: (guillotine: Guillotine) => void,
  ) {}

  /** Cuts the connections, unless it is told to do something else. */
  static async open(
    url: URL,
    at: Cut,
    fall: (guillotine: Guillotine) => void = (guillotine) => guillotine.cut(),
  ): Promise<Guillotine> {
    const server = createServer();
    const guillotine = new Guillotine(server, { host: url.hostname, port: Number(url.port) }, at, fall);
    server.on('connection', (socket) => guillotine.relay(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return guillotine;
  }

  get hasFallen(): boolean {
    return this.fallen;
  }

  /** The database's URL by way of this proxy. */
  through(url: string): string {
    const changed = new URL(url);
    changed.hostname = '127.0.0.1';
    changed.port = String((this.server.address() as AddressInfo).port);
    return changed.href;
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private relay(client: Socket): void {
    const database = connect(this.target);
    for (const socket of [client, database]) {
      this.sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => this.sockets.delete(socket));
    }
    client.once('close', () => database.destroy());
    database.once('close', () => client.destroy());
    client.on('data', (chunk: Buffer) => {
      if (this.passes(chunk)) database.write(chunk);
    });
    database.on('data', (chunk: Buffer) => {
      // Whatever the database says to the commit, nobody hears it.
      if (this.committed) this.drop();
      else client.write(chunk);
    });
  }

  private committed = false;

  private passes(chunk: Buffer): boolean {
    if (this.fallen || this.committed) return true;
    const text = this.tail + chunk.toString('latin1');
    this.tail = text.slice(-LONGEST_MARK);
    if (this.since !== undefined) this.since += chunk.length;
    else if (WRITES.test(text)) this.since = 0;
    if (this.since === undefined) return true;
    const commits = COMMIT.test(text);
    if (this.at === 'after the commit') {
      this.committed = commits;
      return true;
    }
    const now = this.at === 'before the commit' ? commits : this.since >= this.at;
    if (now) this.drop();
    return !now;
  }

  private drop(): void {
    if (this.fallen) return;
    this.fallen = true;
    this.fall(this);
  }
}
