import type { Command } from 'commander';
import type { AuditEntry, AuditQueryInput } from 'nestjs-oauth-kit';
import type { Cli, JsonOption } from './cli.js';
import { moment } from './operands.js';
import { isoTime } from './output.js';
import { addPageOptions, readPages, remarkOnNext, type PageOptions } from './pages.js';

type ListOptions = JsonOption & PageOptions & Omit<AuditQueryInput, 'limit' | 'after'>;

/** `audit list`. */
export function addAuditCommands(cli: Cli, audit: Command): void {
  addPageOptions(
    cli
      .command(
        audit,
        'list',
        'List what was done, the newest first. It is empty where the app keeps no audit log in its database.',
        'audit list --subject my-client --since 2030-01-31',
      )
      .option('--type <event>', 'only events of this type, such as client.updated')
      .option('--actor <name>', 'only what this actor has done, such as command:alice')
      .option('--subject <id>', 'only what was done to this: the id of a client, a key, a token')
      .option('--since <time>', 'not before this time: ISO 8601, or seconds since 1970', moment)
      .option('--until <time>', 'not after this time', moment),
    50,
  ).action((options: ListOptions) => list(cli, options));
}

async function list(cli: Cli, options: ListOptions): Promise<void> {
  const { output } = cli;
  const { type, actor, subject, since, until } = options;
  const part = await cli.administer((admin) =>
    readPages(options, async (page) => {
      const { entries: items, next } = await admin.audit.list({
        type,
        actor,
        subject,
        since,
        until,
        ...page,
      });
      return { items, next };
    }),
  );
  if (options.json) output.json(part.items);
  else if (part.items.length === 0) output.remark('There are no such entries.');
  else printEntries(cli, part.items);
  remarkOnNext(output, options, part);
}

function printEntries({ output }: Cli, entries: readonly AuditEntry[]): void {
  output.table(
    ['TIME', 'EVENT', 'ACTOR', 'SUBJECT', 'FROM', 'DETAIL'],
    entries.map(({ at, type, actor = '-', subject = '-', address = '-', tenant, detail }) => [
      isoTime(at),
      type,
      actor,
      subject,
      address,
      detailText({ ...(tenant !== undefined && { tenant }), ...detail }),
    ]),
  );
}

function detailText(detail: AuditEntry['detail']): string {
  return Object.entries(detail)
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(',') : String(value)}`)
    .join(' ');
}
