import type { ExportOptions, OauthAdmin } from 'nestjs-oauth-kit';
import type { Cli, JsonOption } from './cli.js';
import { toFilter, type FilterOptions } from './client.filter.js';
import type { TextSink } from './io.js';
import { jsonLine } from './output.js';
import { OutputFile } from './output-file.js';
import { Progress } from './progress.js';

/** So many lines are written at once. */
const LINES = 500;

export interface ExportFlags extends JsonOption, FilterOptions {
  readonly secrets?: boolean;
  readonly out?: string;
}

/** Writes clients as JSON lines, on standard output or to a file. */
export async function exportClients(cli: Cli, flags: ExportFlags): Promise<void> {
  const { secrets = false, out, json } = flags;
  const options: ExportOptions = { secrets, filter: toFilter(flags) };
  const { io, output } = cli;
  await cli.administer(async (admin) => {
    if (out === undefined) {
      // At a terminal, the lines themselves show how far it is.
      const stderr = io.stdout.isTTY ? { write: () => undefined } : io.stderr;
      await writeLines(stderr, admin, options, (text) => io.stdout.write(text));
      return;
    }
    let exported = 0;
    await OutputFile.make(out, async (file) => {
      exported = await writeLines(io.stderr, admin, options, (text) => file.append(text));
    });
    if (json) output.json({ exported, file: out, secrets });
    else output.remark(`${exported} ${exported === 1 ? 'client' : 'clients'} exported to ${out}.`);
  });
}

async function writeLines(
  stderr: TextSink,
  admin: OauthAdmin,
  options: ExportOptions,
  write: (text: string) => unknown,
): Promise<number> {
  const progress = new Progress(stderr, 'Clients exported');
  let lines: string[] = [];
  let count = 0;
  try {
    for await (const client of admin.transfer.export(options)) {
      count++;
      progress.advance(1);
      if (lines.push(jsonLine(client)) < LINES) continue;
      await write(lines.join(''));
      lines = [];
    }
    await write(lines.join(''));
    return count;
  } finally {
    progress.stop();
  }
}
