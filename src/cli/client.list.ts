import { Option, type Command } from 'commander';
import type { ClientOrder } from 'nestjs-oauth-kit';
import type { Cli, JsonOption } from './cli.js';
import { addFilterOptions, toFilter, type FilterOptions } from './client.filter.js';
import { clientJson, printClients } from './client.views.js';
import { addPageOptions, readPages, remarkOnNext, type PageOptions } from './pages.js';

const ORDERS = {
  id: 'id',
  name: 'name',
  created: 'createdAt',
  updated: 'updatedAt',
} as const satisfies Record<string, ClientOrder>;

interface ListOptions extends JsonOption, FilterOptions, PageOptions {
  readonly sort: keyof typeof ORDERS;
  readonly desc?: boolean;
}

/** `client list`. */
export function addClientList(cli: Cli, clients: Command): void {
  const command = cli.command(
    clients,
    'list',
    'List the clients.',
    'client list --limit 50\n' +
      '  $ nestjs-oauth-kit --app dist/app.module.js client list --owner payments --label tenant=acme --sort created --desc',
  );
  addPageOptions(
    addFilterOptions(command)
      .addOption(new Option('--sort <order>', 'in this order').choices(Object.keys(ORDERS)).default('id'))
      .option('--desc', 'the other way round'),
  ).action((options: ListOptions) => list(cli, options));
}

async function list(cli: Cli, options: ListOptions): Promise<void> {
  const { output } = cli;
  const filter = toFilter(options);
  const isFiltered = Object.keys(filter).length > 0;
  const query = { ...filter, order: ORDERS[options.sort], descending: options.desc === true };
  const part = await cli.administer((admin) =>
    readPages(options, async (page) => {
      const { clients: items, next } = await admin.clients.list({ ...query, ...page });
      return { items, next };
    }),
  );
  if (options.json) output.json(part.items.map(clientJson));
  else if (part.items.length === 0)
    output.remark(isFiltered ? 'No client matches.' : 'There are no clients.');
  else printClients(output, part.items);
  remarkOnNext(output, options, part);
}
