import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { AdministrationError, OauthError, type ImportPlan, type OauthAdmin } from 'nestjs-oauth-kit';
import type { Cli, JsonOption } from './cli.js';
import { CommandError, reason, UsageError } from './failure.js';
import { importJson, printImport } from './import.report.js';
import type { Io } from './io.js';
import { splitLines } from './lines.js';
import { Progress } from './progress.js';

const STANDARD_INPUT = '-';

export interface ImportFlags extends JsonOption {
  readonly dryRun?: boolean;
  readonly skipRefused?: boolean;
}

/** Makes clients what the lines say, all of them or none; or only tells what it would do. */
export async function importClients(
  cli: Cli,
  source: string,
  { dryRun = false, skipRefused = false, json }: ImportFlags,
): Promise<void> {
  const size = source === STANDARD_INPUT ? undefined : await sizeOf(source);
  await cli.administer(async (admin) => {
    const plan = await makePlan(cli.io, admin, source, size);
    const { length: refused } = plan.refused;
    const refuses = refused > 0 && !skipRefused;
    const imports = !dryRun && !refuses;
    if (imports) await apply(cli.io, admin, plan);
    if (json) cli.output.json(importJson(plan, imports));
    else printImport(cli.output, plan, imports);
    if (refuses) {
      const lines = refused === 1 ? '1 line is refused' : `${refused} lines are refused`;
      throw new CommandError(
        'lines_refused',
        `${lines}: nothing ${dryRun ? 'would be' : 'was'} imported. --skip-refused imports the others.`,
      );
    }
  });
}

async function sizeOf(file: string): Promise<number> {
  const there = await stat(file).catch((cause: unknown) => {
    throw new UsageError(`${file} cannot be read: ${reason(cause)}`);
  });
  if (there.isDirectory()) throw new UsageError(`${file} cannot be read: it is a directory`);
  return there.size;
}

async function makePlan(
  io: Io,
  admin: OauthAdmin,
  source: string,
  size: number | undefined,
): Promise<ImportPlan> {
  if (source === STANDARD_INPUT && io.stdin.isTTY) {
    io.stderr.write('Type one JSON object a line, then end it with Ctrl-D.\n');
  }
  const progress = new Progress(io.stderr, size === undefined ? 'Bytes read' : 'Reading', size);
  const stream: AsyncIterable<Buffer | string> =
    source === STANDARD_INPUT ? io.stdin : createReadStream(source);
  try {
    return await admin.transfer.plan(
      readable(
        splitLines(stream, (bytes) => progress.advance(bytes)),
        source,
      ),
    );
  } finally {
    progress.stop();
  }
}

/** What fails while it is read is the file, and not the server. */
async function* readable(lines: AsyncIterable<Uint8Array>, source: string): AsyncGenerator<Uint8Array> {
  const reading = lines[Symbol.asyncIterator]();
  for (;;) {
    const next = await reading.next().catch((cause: unknown) => {
      const name = source === STANDARD_INPUT ? 'Standard input' : source;
      throw new UsageError(`${name} cannot be read: ${reason(cause)}`);
    });
    if (next.done) return;
    yield next.value;
  }
}

async function apply(io: Io, admin: OauthAdmin, plan: ImportPlan): Promise<void> {
  if (io.stderr.isTTY) io.stderr.write(`Writing ${plan.created.length + plan.updated.length} clients …\n`);
  try {
    await admin.transfer.apply(plan, { skipRefused: true });
  } catch (failure) {
    if (failure instanceof AdministrationError) {
      throw new CommandError(failure.code, `${failure.message} Run the same command again.`);
    }
    if (failure instanceof OauthError && failure.code === 'temporarily_unavailable') {
      const why = reason(failure.cause);
      throw new CommandError(
        failure.code,
        `The database failed (${why}): either all of it was imported, or nothing. Run the same command again.`,
      );
    }
    throw failure;
  }
}
