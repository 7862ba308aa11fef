import type { Command } from 'commander';
import type { RegistrationTokenInformation } from 'nestjs-oauth-kit';
import type { Cli, JsonOption } from './cli.js';
import { addLabelOption, type LabelFlags } from './labels.js';
import { wholeNumber, words } from './operands.js';
import { isoTime } from './output.js';
import { addPageOptions, readPages, remarkOnNext, type PageOptions } from './pages.js';
import { policyJson, scopesText } from './policy.views.js';

interface CreateOptions extends JsonOption {
  readonly uses?: number;
  readonly lifetime?: number;
  readonly scopes?: readonly string[];
  readonly resources?: readonly string[];
  readonly methods?: readonly string[];
  readonly grants?: readonly string[];
  readonly owner?: string;
  readonly label?: LabelFlags;
  readonly description?: string;
}

const TEN_YEARS = 315_360_000;

/** `registration-token create|list|delete`. */
export function addRegistrationTokenCommands(cli: Cli, tokens: Command): void {
  const creation = cli.command(
    tokens,
    'create',
    'Make a token by which clients may register themselves (RFC 7591 §3). It is shown this once.',
    'registration-token create --uses 20 --lifetime 86400 --scopes "catalog:read" --owner payments',
  );
  addLabelOption(
    creation
      .option(
        '--uses <number>',
        'how many clients it may register; 0 is any number (default: 1)',
        wholeNumber(0, 1_000_000),
      )
      .option(
        '--lifetime <seconds>',
        'how long it lives; 0 is for ever (default: a week)',
        wholeNumber(0, TEN_YEARS),
      )
      .option('--scopes <scopes>', 'the scopes that may be registered, separated by spaces', words)
      .option('--resources <identifiers>', 'the resource servers whose scopes may be', words)
      .option('--methods <methods>', 'the methods of client authentication that may be', words)
      .option('--grants <grants>', 'the grant types that may be', words)
      .option('--owner <text>', 'owner of the clients that it registers')
      .option('--description <text>', 'what the token is for'),
    'a label of the clients that it registers',
  ).action((options: CreateOptions) => create(cli, options));

  addPageOptions(
    cli.command(
      tokens,
      'list',
      'List the registration tokens (never the tokens themselves).',
      'registration-token list',
    ),
  ).action((options: PageOptions & JsonOption) => list(cli, options));

  cli
    .command(
      tokens,
      'delete',
      'End a registration token. The clients that it has registered stay.',
      'registration-token delete TOKEN_ID',
    )
    .argument('<id>', 'id of the token, as registration-token list shows it')
    .action((id: string, options: JsonOption) => remove(cli, id, options));
}

async function create(cli: Cli, options: CreateOptions): Promise<void> {
  const { uses, lifetime, scopes, resources, methods, grants, owner, label: labels, description } = options;
  const { token, value } = await cli.administer((admin) =>
    admin.registrationTokens.create({
      mostUses: uses,
      lifetime,
      scopes,
      resources,
      authenticationMethods: methods,
      grantTypes: grants,
      owner,
      labels,
      description,
    }),
  );
  const { output } = cli;
  if (options.json) return output.json({ registration_token: value, ...tokenJson(token) });
  output.line('Registration token created.');
  output.record([['registration_token', value], ...pairs(token)]);
  output.line('The registration_token is shown this once. Keep it now: it cannot be read again.');
}

async function list(cli: Cli, options: PageOptions & JsonOption): Promise<void> {
  const { output } = cli;
  const part = await cli.administer((admin) =>
    readPages(options, async (page) => {
      const { tokens: items, next } = await admin.registrationTokens.list(page);
      return { items, next };
    }),
  );
  if (options.json) output.json(part.items.map(tokenJson));
  else if (part.items.length === 0) output.remark('There are no registration tokens.');
  else printTokens(cli, part.items);
  remarkOnNext(output, options, part);
}

async function remove(cli: Cli, id: string, { json }: JsonOption): Promise<void> {
  await cli.administer((admin) => admin.registrationTokens.delete(id));
  if (json) cli.output.json({ id, deleted: true });
  else cli.output.line(`Registration token ${id} deleted.`);
}

function printTokens({ output }: Cli, tokens: readonly RegistrationTokenInformation[]): void {
  output.table(
    ['TOKEN ID', 'DESCRIPTION', 'OWNER', 'SCOPES', 'USES', 'CREATED', 'EXPIRES'],
    tokens.map(({ id, description = '-', owner = '-', policy, uses, mostUses, createdAt, expiresAt }) => [
      id,
      description,
      owner,
      scopesText(policy),
      `${uses} of ${mostUses ?? 'any'}`,
      isoTime(createdAt),
      expiresAt === undefined ? 'never' : isoTime(expiresAt),
    ]),
  );
}

function tokenJson(token: RegistrationTokenInformation): Record<string, unknown> {
  const { id, createdAt, expiresAt = 0, uses, mostUses = 0, policy, description, owner, labels } = token;
  return {
    id,
    created_at: createdAt,
    expires_at: expiresAt,
    uses,
    most_uses: mostUses,
    ...policyJson(policy),
    ...(owner !== undefined && { owner }),
    ...(labels && { labels }),
    ...(description !== undefined && { description }),
  };
}

/** For people. */
function pairs(token: RegistrationTokenInformation): [string, string][] {
  return Object.entries(tokenJson(token)).map(([name, value]) => [name, readable(name, value)]);
}

function readable(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.join(' ') || '-';
  if (name === 'most_uses' && value === 0) return 'any number';
  if (typeof value === 'number' && name.endsWith('_at')) return value === 0 ? 'never' : isoTime(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
