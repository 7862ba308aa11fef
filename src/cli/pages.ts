import type { Command } from 'commander';
import { OauthError } from 'nestjs-oauth-kit';
import type { JsonOption } from './cli.js';
import { CommandError } from './failure.js';
import { wholeNumber } from './operands.js';
import type { Output } from './output.js';

/** The most that one page of a list can have. */
const PAGE = 500;

export interface PageOptions {
  readonly limit?: number;
  readonly after?: string;
}

/** Part of a list. */
export interface Part<T> {
  readonly items: readonly T[];
  /** The cursor of what follows. Missing: nothing does. */
  readonly next?: string | undefined;
}

export function addPageOptions(command: Command, limit?: number): Command {
  const parse = wholeNumber(1, 1_000_000);
  const described = (byDefault: string): string => `list so many at most (default: ${byDefault})`;
  const limited =
    limit === undefined
      ? command.option('--limit <number>', described('all'), parse)
      : command.option('--limit <number>', 'list so many at most', parse, limit);
  return limited.option('--after <cursor>', 'go on where a list with --limit has ended');
}

/** Reads a list page by page, up to its limit. */
export async function readPages<T>(
  { limit = Number.POSITIVE_INFINITY, after }: PageOptions,
  read: (page: { readonly limit: number; readonly after?: string }) => Promise<Part<T>>,
): Promise<Part<T>> {
  const items: T[] = [];
  let next = after;
  do {
    const size = Math.min(PAGE, limit - items.length);
    const page = await read({ limit: size, ...(next !== undefined && { after: next }) }).catch(inOptionNames);
    items.push(...page.items);
    next = page.next;
  } while (next !== undefined && items.length < limit);
  return { items, next };
}

/** The server calls the cursor by the name that programs know. */
function inOptionNames(failure: unknown): never {
  if (!(failure instanceof OauthError) || !failure.description.startsWith('after must be ')) throw failure;
  throw new CommandError(failure.code, '--after must be the cursor that the list before has printed.');
}

/** Tells where the list goes on: not among the results, which stay as they are. */
export function remarkOnNext(output: Output, { json }: JsonOption, { next }: Part<unknown>): void {
  if (next === undefined) return;
  if (json) output.remarkJson({ next });
  else output.remark(`There are more: --after ${next}`);
}
