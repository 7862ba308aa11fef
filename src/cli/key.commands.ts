import type { Command } from 'commander';
import type { SigningKeyInformation } from 'nestjs-oauth-kit';
import type { Cli, JsonOption } from './cli.js';
import { isoTime } from './output.js';

interface RotateOptions extends JsonOption {
  readonly now?: boolean;
}

/** `key list|rotate|revoke`. */
export function addKeyCommands(cli: Cli, keys: Command): void {
  cli
    .command(keys, 'list', 'List the signing keys: next, current and retired.', 'key list')
    .action((options: JsonOption) => list(cli, options));

  cli
    .command(
      keys,
      'rotate',
      'Make the next signing key of each purpose. It is published now and signs when everybody has had the time to fetch it.',
      'key rotate',
    )
    .option('--now', 'sign with it at once: for a current key that must not sign any more')
    .action((options: RotateOptions) => rotate(cli, options));

  cli
    .command(
      keys,
      'revoke',
      'End a signing key that must not be trusted any more, with all tokens that it has signed. Rotate first.',
      'key revoke KID',
    )
    .argument('<kid>', 'kid of the key')
    .action((kid: string, options: JsonOption) => revoke(cli, kid, options));
}

async function revoke(cli: Cli, kid: string, { json }: JsonOption): Promise<void> {
  await cli.administer((admin) => admin.keys.revoke(kid));
  if (json) return cli.output.json({ kid, revoked: true });
  cli.output.line('Signing key revoked. Running instances follow within 10 seconds.');
}

async function list(cli: Cli, { json }: JsonOption): Promise<void> {
  const keys = await cli.administer((admin) => admin.keys.list());
  if (json) return cli.output.json(keys.map(keyJson));
  cli.output.table(
    ['KID', 'ALGORITHM', 'PURPOSE', 'STATE', 'CREATED', 'SIGNS FROM'],
    keys.map((key) => [
      key.kid,
      key.algorithm,
      key.purpose,
      key.state,
      time(key.createdAt),
      time(key.activatesAt),
    ]),
  );
}

async function rotate(cli: Cli, { now: immediately = false, json }: RotateOptions): Promise<void> {
  const key = await cli.administer((admin) => admin.keys.rotate({ immediately }));
  if (json) return cli.output.json(keyJson(key));
  cli.output.line(`Signing key made.${immediately ? ' Running instances follow within 10 seconds.' : ''}`);
  cli.output.record([
    ['kid', key.kid],
    ['algorithm', key.algorithm],
    ['state', key.state],
    ['signs from', time(key.activatesAt)],
  ]);
}

function keyJson({ kid, algorithm, purpose, state, createdAt, activatesAt }: SigningKeyInformation): object {
  return {
    kid,
    algorithm,
    purpose,
    state,
    ...(createdAt !== undefined && { created_at: createdAt }),
    ...(activatesAt !== undefined && { activates_at: activatesAt }),
  };
}

function time(seconds: number | undefined): string {
  return seconds === undefined ? '-' : isoTime(seconds);
}
