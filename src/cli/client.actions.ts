import { toClientInformation, type Client, type OauthAdmin } from 'nestjs-oauth-kit';
import type { Cli, JsonOption } from './cli.js';
import {
  clientJson,
  clientRecordJson,
  nameOf,
  printClient,
  printSecrets,
  secretJson,
  SHOWN_ONCE,
} from './client.views.js';
import { CommandError } from './failure.js';
import { confirm } from './io.js';
import {
  ignoredMembers,
  labelsOf,
  readMetadata,
  type MetadataDocument,
  type MetadataOptions,
} from './metadata.options.js';
import { clean } from './output.js';

/** Shorter secrets may be guessable, and a fast digest does not protect those. */
const SHORTEST_SECRET = 32;
/** The kit's own methods that need one. */
const WITH_SECRET = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt'];

export interface UpdateOptions extends MetadataOptions, JsonOption {
  readonly revision?: number;
}

export interface RemoveOptions extends JsonOption {
  readonly yes?: boolean;
}

export async function create(cli: Cli, options: MetadataOptions & JsonOption): Promise<void> {
  const { io, output } = cli;
  const document = await readMetadata(options, io);
  const { label } = options;
  const metadata = label ? { ...document, labels: { ...labelsOf(document), ...label } } : document;
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

export async function show(cli: Cli, clientId: string, { json }: JsonOption): Promise<void> {
  const client = await cli.administer((admin) => admin.clients.get(clientId));
  const information = clientRecordJson(client);
  if (json) return cli.output.json({ ...information, secrets: client.secrets.map(secretJson) });
  printClient(cli.output, information);
  if (client.secrets.length === 0) return cli.output.line('No secrets.');
  printSecrets(cli.output, client.secrets);
}

export async function update(cli: Cli, clientId: string, options: UpdateOptions): Promise<void> {
  const { revision, json } = options;
  const document = await readMetadata(options, cli.io);
  const client = await cli.administer(async (admin) => {
    const change = await withLabels(admin, clientId, document, options);
    const written = await admin.clients.update(clientId, change.document, {
      ...(revision !== undefined && { revision }),
      ...change.read,
    });
    warnOfSecrets(cli, written);
    warnOfIgnored(cli, ignoredMembers(change.document, toClientInformation(written)));
    return written;
  });
  if (json) return cli.output.json(clientRecordJson(client));
  cli.output.line('Client updated.');
  printClient(cli.output, clientRecordJson(client));
}

/** Labels are changed one by one, so those that are there are read, and must still be there when they are written. */
async function withLabels(
  admin: OauthAdmin,
  clientId: string,
  document: MetadataDocument,
  { label, unlabel = [], revision }: UpdateOptions,
): Promise<{ readonly document: MetadataDocument; readonly read?: { readonly revision: number } }> {
  if (!label && unlabel.length === 0) return { document };
  const client = await admin.clients.get(clientId);
  const given = document['labels'] === undefined ? client.labels : labelsOf(document);
  const labels = Object.entries({ ...given, ...label }).filter(([name]) => !unlabel.includes(name));
  const changed = { ...document, labels: Object.fromEntries(labels) };
  return { document: changed, read: { revision: revision ?? client.revision } };
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
