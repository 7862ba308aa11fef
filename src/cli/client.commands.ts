import type { Command } from 'commander';
import type { Cli, JsonOption } from './cli.js';
import {
  change,
  create,
  remove,
  show,
  update,
  type RemoveOptions,
  type UpdateOptions,
} from './client.actions.js';
import { collect } from './labels.js';
import { addMetadataOptions, type MetadataOptions } from './metadata.options.js';
import { wholeNumber } from './operands.js';

/** `client create|show|update|disable|enable|revoke-tokens|delete`; `rotate-secret` stands with the secrets, and `list`, `export`
 * and `import` for themselves. */
export function addClientCommands(cli: Cli, clients: Command): void {
  addMetadataOptions(
    cli.command(
      clients,
      'create',
      'Create a client. Its secret is shown this once.',
      'client create --name "Nightly report" --scope "catalog:read"\n' +
        '  $ cat client.json | nestjs-oauth-kit --app dist/app.module.js client create --metadata - --json',
    ),
  )
    .option('--id <id>', 'client_id: an id of your own')
    .action((options: MetadataOptions & JsonOption) => create(cli, options));

  cli
    .command(
      clients,
      'show',
      'Show a client and its secrets (never the secrets themselves).',
      'client show my-client',
    )
    .argument('<id>', 'client_id')
    .action((clientId: string, options: JsonOption) => show(cli, clientId, options));

  addMetadataOptions(
    cli
      .command(
        clients,
        'update',
        'Change what the metadata names. null removes a member; what is not named stays.',
        'client update my-client --scope "catalog:read catalog:write"\n' +
          `  $ echo '{"default_scope":null}' | nestjs-oauth-kit --app dist/app.module.js client update my-client --metadata -`,
      )
      .argument('<id>', 'client_id'),
  )
    .option('--unlabel <name>', 'take this label away; may be repeated', collect)
    .option(
      '--revision <number>',
      'only if nobody has changed it since this revision, which client show tells',
      wholeNumber(1, 1_000_000_000),
    )
    .action((clientId: string, options: UpdateOptions) => update(cli, clientId, options));

  cli
    .command(
      clients,
      'disable',
      'Disable a client: it gets no tokens, and those that it has are dead, for good.',
      'client disable my-client',
    )
    .argument('<id>', 'client_id')
    .action((clientId: string, options: JsonOption) =>
      change(cli, options, 'Client disabled.', (admin) => admin.clients.disable(clientId)),
    );

  cli
    .command(clients, 'enable', 'Enable a client again.', 'client enable my-client')
    .argument('<id>', 'client_id')
    .action((clientId: string, options: JsonOption) =>
      change(cli, options, 'Client enabled.', (admin) => admin.clients.enable(clientId)),
    );

  cli
    .command(
      clients,
      'revoke-tokens',
      'End every token that a client has. It may get new ones.',
      'client revoke-tokens my-client',
    )
    .argument('<id>', 'client_id')
    .action((clientId: string, options: JsonOption) =>
      change(cli, options, 'Its tokens are revoked.', (admin) => admin.clients.revokeTokens(clientId)),
    );

  cli
    .command(
      clients,
      'delete',
      'Delete a client and its secrets. Its tokens are dead.',
      'client delete my-client --yes',
    )
    .argument('<id>', 'client_id')
    .option('--yes', 'do not ask; without a terminal nothing is asked anyway')
    .action((clientId: string, options: RemoveOptions) => remove(cli, clientId, options));
}
