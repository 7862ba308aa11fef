import type { Command } from 'commander';
import type { Cli } from './cli.js';
import { exportClients, type ExportFlags } from './client.export.js';
import { addFilterOptions } from './client.filter.js';
import { importClients, type ImportFlags } from './client.import.js';

/** `client export|import`. */
export function addTransferCommands(cli: Cli, clients: Command): void {
  addFilterOptions(
    cli.command(
      clients,
      'export',
      'Write the clients as JSON lines, one object with the names of RFC 7591 each, in the order of their ids.',
      'client export --secrets --out clients.jsonl',
    ),
  )
    .option('--secrets', 'with what is kept of the secrets: digests and hashes, never a secret in the clear')
    .option('--out <file>', 'to this file, which only you may read (default: standard output)')
    .action((options: ExportFlags) => exportClients(cli, options));

  cli
    .command(
      clients,
      'import',
      'Make clients what JSON lines say: those that are missing are made, the others updated, none removed. ' +
        'All of it is done, or nothing. A client keeps the secrets that it has: a client_secret or client_secret_hash is ' +
        'for one without any, and which clients keep others is told.',
      'client import clients.jsonl --dry-run',
    )
    .argument('<file>', 'as client export writes it; - is standard input')
    .option('--dry-run', 'change nothing, and tell what would change')
    .option('--skip-refused', 'import the other lines where some are refused (default: nothing is imported)')
    .action((file: string, options: ImportFlags) => importClients(cli, file, options));
}
