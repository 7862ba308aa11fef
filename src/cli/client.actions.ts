import { toClientInformation, type Client, type OauthAdmin } from 'nestjs-oauth-kit';
import type { Cli, JsonOption } from './cli.js';
import {
  clientJson,
  nameOf,
  printClient,
  printClients,
  printSecrets,
  secretJson,
  SHOWN_ONCE,
} from './client.views.js';
import { CommandError } from './failure.js';
import { confirm } from './io.js';
import { ignoredMembers, readMetadata, type MetadataOptions } from './metadata.options.js';
import { clean } from './output.js';

/** Shorter secrets may be guessable, and a fast digest does not protect those. */
const SHORTEST_SECRET = 32;
const PAGE = 200;
/** The kit's own methods that need one. */
const WITH_SECRET = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt'];

export interface ListOptions extends JsonOption {
  readonly limit?: number;
  readonly after?: string;
}

export interface RemoveOptions extends JsonOption {
  readonly yes?: boolean;
}

export async function create(cli: Cli, options: MetadataOptions & JsonOption): Promise<void> {
  const { io, output } = cli;
  const metadata = await readMetadata(options, io);
  await cli.administer(async (admin) => {
    const { client, issued } = await admin.clients.create(metadata);
    const information = toClientInformation(client, issued);
    if (options.json) {
      output.json(information);
    } else {
      output.line('Client created.');
      printClient(output, information);
      if (issued) output.line(SHOWN_ONCE);
    }
    const { client_secret: own } = metadata;
    if (typeof own === 'string' && own.length < SHORTEST_SECRET) {
      output.warn(
        `a client_secret of your own should be random and have ${SHORTEST_SECRET} characters or more.`,
      );
    }
    warnOfIgnored(cli, ignoredMembers(metadata, information));
  });
}

export async function list(
  cli: Cli,
  { limit = Number.POSITIVE_INFINITY, after, json }: ListOptions,
): Promise<void> {
  await cli.administer(async (admin) => {
    const clients = await readClients(admin, limit, after);
    if (json) return cli.output.json(clients.map(clientJson));
    if (clients.length === 0) return cli.output.remark('There are no clients.');
    printClients(cli.output, clients);
    const last = clients.at(-1);
    if (last && clients.length === limit) cli.output.remark(`There may be more: --after ${last.id}`);
  });
}

async function readClients(admin: OauthAdmin, limit: number, first: string | undefined): Promise<Client[]> {
  const clients: Client[] = [];
  let after = first;
  while (clients.length < limit) {
    const size = Math.min(PAGE, limit - clients.length);
    const page = await admin.clients.list({ limit: size, ...(after !== undefined && { after }) });
    clients.push(...page);
    after = page.at(-1)?.id;
    if (page.length < size) break;
  }
  return clients;
}

export async function show(cli: Cli, clientId: string, { json }: JsonOption): Promise<void> {
  const client = await cli.administer((admin) => admin.clients.get(clientId));
  if (json) return cli.output.json({ ...clientJson(client), secrets: client.secrets.map(secretJson) });
  printClient(cli.output, clientJson(client));
  if (client.secrets.length === 0) return cli.output.line('No secrets.');
  printSecrets(cli.output, client.secrets);
}

export async function update(
  cli: Cli,
  clientId: string,
  options: MetadataOptions & JsonOption,
): Promise<void> {
  const metadata = await readMetadata(options, cli.io);
  await change(cli, options, 'Client updated.', async (admin) => {
    const client = await admin.clients.update(clientId, metadata);
    warnOfSecrets(cli, client);
    warnOfIgnored(cli, ignoredMembers(metadata, toClientInformation(client)));
    return client;
  });
}

export async function change(
  cli: Cli,
  { json }: JsonOption,
  done: string,
  work: (admin: OauthAdmin) => Promise<Client>,
): Promise<void> {
  const client = await cli.administer(work);
  if (json) return cli.output.json(clientJson(client));
  cli.output.line(done);
  printClient(cli.output, clientJson(client));
}

export async function remove(cli: Cli, clientId: string, { yes, json }: RemoveOptions): Promise<void> {
  await cli.administer(async (admin) => {
    if (!yes) {
      const client = await admin.clients.get(clientId);
      const sure = await confirm(
        cli.io,
        clean(`Delete the client ${clientId} (${nameOf(client)}) and its secrets?`),
      );
      if (!sure) throw new CommandError('not_confirmed', 'Nothing was deleted.');
    }
    await admin.clients.delete(clientId);
  });
  if (json) cli.output.json({ client_id: clientId, deleted: true });
  else cli.output.line(`Client ${clientId} deleted.`);
}

function warnOfIgnored(cli: Cli, names: readonly string[]): void {
  if (names.length > 0) cli.output.warn(`ignored, since it has no meaning here: ${names.join(', ')}`);
}

/** After a change of method, the secrets are those of before. */
function warnOfSecrets({ output }: Cli, { id, tokenEndpointAuthMethod: method, secrets }: Client): void {
  const needed = WITH_SECRET.includes(method);
  if (needed && secrets.length === 0) output.warn(`the client has no secret: client rotate-secret ${id}`);
  if (!needed && secrets.length > 0)
    output.warn(`the client still has secrets: secret list ${id}, secret revoke`);
}
