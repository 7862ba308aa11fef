import { Option, type Command } from 'commander';
import type { Cli, JsonOption } from './cli.js';
import { UsageError } from './failure.js';
import { wholeNumber, words } from './operands.js';
import { resourceJson, printResource, printResources } from './resource.views.js';

interface ResourceFlags extends JsonOption {
  readonly scopes?: readonly string[];
  readonly defaultScopes?: readonly string[];
  readonly format?: 'jwt' | 'opaque';
  readonly ttl?: number;
  readonly name?: string;
  readonly documentation?: string;
  readonly metadata?: boolean;
  readonly revision?: number;
}

const IDENTIFIER = ['<identifier>', 'of the resource server, or its path below the issuer'] as const;

/** `resource list|show|create|update|delete`. */
export function addResourceCommands(cli: Cli, resources: Command): void {
  cli
    .command(resources, 'list', 'List the resource servers, the configured ones first.', 'resource list')
    .action((options: JsonOption) => list(cli, options));

  cli
    .command(resources, 'show', 'Show a resource server.', 'resource show /api/orders')
    .argument(...IDENTIFIER)
    .action((identifier: string, options: JsonOption) => show(cli, identifier, options));

  const creation = cli.command(
    resources,
    'create',
    'Add a resource server. Running instances follow within 10 seconds.',
    'resource create https://orders.example.com --scopes "orders:read orders:write"',
  );
  addResourceOptions(
    creation
      .argument(...IDENTIFIER)
      .requiredOption('--scopes <scopes>', 'the scopes that exist there, separated by spaces', words),
  ).action((identifier: string, options: ResourceFlags & { scopes: readonly string[] }) =>
    create(cli, identifier, options),
  );

  const update = cli.command(
    resources,
    'update',
    'Change what is named of a resource server. An empty text takes something away; what is not named stays.',
    'resource update /api/orders --default-scopes "orders:read"',
  );
  addResourceOptions(
    update
      .argument(...IDENTIFIER)
      .option('--scopes <scopes>', 'the scopes that exist there, separated by spaces', words),
  )
    .option('--no-metadata', 'do not publish its metadata any more')
    .option(
      '--revision <number>',
      'only if nobody has changed it since this revision, which resource show tells',
      wholeNumber(1, 1_000_000_000),
    )
    .action((identifier: string, options: ResourceFlags) => change(cli, identifier, options));

  cli
    .command(
      resources,
      'delete',
      'Remove a resource server that was added. There are no more tokens for it.',
      'resource delete /api/orders',
    )
    .argument(...IDENTIFIER)
    .action((identifier: string, options: JsonOption) => remove(cli, identifier, options));
}

function addResourceOptions(command: Command): Command {
  return command
    .option('--default-scopes <scopes>', 'what a client gets that asks for none', words)
    .addOption(new Option('--format <format>', 'format of its access tokens').choices(['jwt', 'opaque']))
    .option('--ttl <seconds>', 'how long its access tokens live', wholeNumber(1, 31_536_000))
    .option('--name <text>', 'what people call it')
    .option('--documentation <url>', 'a page for its developers')
    .option('--metadata', 'publish its metadata (RFC 9728): your app has to serve the document');
}

async function list(cli: Cli, { json }: JsonOption): Promise<void> {
  const servers = await cli.administer((admin) => admin.resourceServers.list());
  if (json) cli.output.json(servers.map(resourceJson));
  else printResources(cli.output, servers);
}

async function show(cli: Cli, identifier: string, { json }: JsonOption): Promise<void> {
  const server = await cli.administer((admin) => admin.resourceServers.get(identifier));
  if (json) cli.output.json(resourceJson(server));
  else printResource(cli.output, server);
}

async function create(
  cli: Cli,
  identifier: string,
  options: ResourceFlags & { readonly scopes: readonly string[] },
): Promise<void> {
  const input = { ...toInput(options), scopes: options.scopes };
  const server = await cli.administer((admin) => admin.resourceServers.create(identifier, input));
  if (options.json) return cli.output.json(resourceJson(server));
  cli.output.line('Resource server created. Running instances follow within 10 seconds.');
  printResource(cli.output, server);
}

async function change(cli: Cli, identifier: string, options: ResourceFlags): Promise<void> {
  const { revision, json } = options;
  const input = toInput(options);
  if (Object.keys(input).length === 0)
    throw new UsageError('Say what to change, with flags such as --scopes.');
  const server = await cli.administer((admin) =>
    admin.resourceServers.update(identifier, input, {
      ...(revision !== undefined && { revision }),
    }),
  );
  if (json) return cli.output.json(resourceJson(server));
  cli.output.line('Resource server updated. Running instances follow within 10 seconds.');
  printResource(cli.output, server);
}

async function remove(cli: Cli, identifier: string, { json }: JsonOption): Promise<void> {
  await cli.administer((admin) => admin.resourceServers.delete(identifier));
  if (json) cli.output.json({ identifier, deleted: true });
  else cli.output.line(`Resource server ${identifier} deleted. Running instances follow within 10 seconds.`);
}

function toInput({ scopes, defaultScopes, format, ttl, name, documentation, metadata }: ResourceFlags) {
  return {
    ...(scopes && { scopes }),
    ...(defaultScopes && { defaultScopes }),
    ...(format && { accessTokenFormat: format }),
    ...(ttl !== undefined && { accessTokenLifetime: ttl }),
    ...(name !== undefined && { name: name === '' ? null : name }),
    ...(documentation !== undefined && { documentation: documentation === '' ? null : documentation }),
    ...(metadata !== undefined && { metadata }),
  };
}
