import type { ImportPlan } from 'nestjs-oauth-kit';
import type { ExportOptions } from 'nestjs-oauth-kit';
import type { Kit } from '../support/echo.js';

/** What an export writes. */
export async function exported(kit: Kit, options: ExportOptions = { secrets: true }): Promise<string[]> {
  const lines: string[] = [];
  for await (const client of kit.admin.transfer.export(options)) lines.push(JSON.stringify(client));
  return lines;
}

/** Plans and applies, as the command does where no line is refused. */
export async function imported(kit: Kit, lines: readonly string[]): Promise<ImportPlan> {
  const plan = await kit.admin.transfer.plan(lines);
  await kit.admin.transfer.apply(plan);
  return plan;
}

/** What a plan says, without what it would write. */
export function said({ created, updated, unchanged, refused }: ImportPlan): object {
  return { created, updated, unchanged, refused };
}

/** A line with this metadata. */
export function line(metadata: object): string {
  return JSON.stringify({ client_id: 'a', ...metadata });
}

/** Everything that is stored about clients. */
export async function everything(kit: Kit): Promise<unknown> {
  return kit.persistence.clients.list({ limit: 1_000_000 });
}
