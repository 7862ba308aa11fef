import type { Command } from 'commander';
import { toClientInformation, type Client } from 'nestjs-oauth-kit';
import type { Cli, JsonOption } from './cli.js';
import { printClient, printSecrets, secretJson, SHOWN_ONCE } from './client.views.js';
import { wholeNumber } from './operands.js';
import { isoTime } from './output.js';

const DAY = 86_400;
const YEAR = 31_536_000;

interface RotateOptions extends JsonOption {
  readonly overlap: number;
}

/** `client rotate-secret`, `secret list|revoke|reencrypt`. */
export function addSecretCommands(cli: Cli, clients: Command, secrets: Command): void {
  cli
    .command(
      clients,
      'rotate-secret',
      'Give a client a new secret, shown this once. The old ones live on for the overlap.',
      'client rotate-secret my-client --overlap 3600',
    )
    .argument('<id>', 'client_id')
    .option('--overlap <seconds>', 'how long the old secrets still work', wholeNumber(0, YEAR), DAY)
    .action((clientId: string, options: RotateOptions) => rotate(cli, clientId, options));

  cli
    .command(
      secrets,
      'list',
      'List the secrets of a client (never the secrets themselves).',
      'secret list my-client',
    )
    .argument('<client>', 'client_id')
    .action((clientId: string, options: JsonOption) => list(cli, clientId, options));

  cli
    .command(secrets, 'revoke', 'End a secret of a client now.', 'secret revoke my-client Zm9vYmFyYmF6')
    .argument('<client>', 'client_id')
    .argument('<secret-id>', 'id of the secret, as secret list shows it')
    .action((clientId: string, secretId: string, options: JsonOption) =>
      revoke(cli, clientId, secretId, options),
    );

  cli
    .command(
      secrets,
      'reencrypt',
      'Encrypt the secrets of client_secret_jwt under the newest keyEncryptionSecret.',
      'secret reencrypt',
    )
    .action((options: JsonOption) => reencrypt(cli, options));
}

async function rotate(cli: Cli, clientId: string, { overlap, json }: RotateOptions): Promise<void> {
  const { output } = cli;
  await cli.administer(async (admin) => {
    const { client, issued } = await admin.secrets.rotate(clientId, overlap);
    const information = toClientInformation(client, issued);
    if (json) return output.json(information);
    output.line('The client has a new secret.');
    printClient(output, information);
    output.line(SHOWN_ONCE);
    output.line(fateOfOthers(client, issued.stored.id, issued.stored.createdAt));
  });
}

function fateOfOthers({ secrets }: Client, keptId: string, now: number): string {
  const ends = secrets.flatMap(({ id: secretId, expiresAt }) =>
    secretId === keptId ? [] : [expiresAt ?? now],
  );
  const last = Math.max(now, ...ends);
  return last > now ? `The old secrets work until ${isoTime(last)}.` : 'No older secret works any more.';
}

async function list(cli: Cli, clientId: string, { json }: JsonOption): Promise<void> {
  const secrets = await cli.administer((admin) => admin.secrets.list(clientId));
  if (json) return cli.output.json(secrets.map(secretJson));
  if (secrets.length === 0) return cli.output.remark('The client has no secrets.');
  printSecrets(cli.output, secrets);
}

async function revoke(cli: Cli, clientId: string, secretId: string, { json }: JsonOption): Promise<void> {
  await cli.administer((admin) => admin.secrets.revoke(clientId, secretId));
  if (json) cli.output.json({ client_id: clientId, secret_id: secretId, revoked: true });
  else cli.output.line(`Secret ${secretId} of client ${clientId} revoked.`);
}

async function reencrypt(cli: Cli, { json }: JsonOption): Promise<void> {
  const changed = await cli.administer((admin) => admin.secrets.reencrypt());
  if (json) cli.output.json({ reencrypted: changed });
  else cli.output.line(`${changed} ${changed === 1 ? 'secret was' : 'secrets were'} encrypted anew.`);
}
