import { Command, CommanderError, Option } from 'commander';
import { createRequire } from 'node:module';
import { Cli } from './cli.js';
import { addAuditCommands } from './audit.commands.js';
import { addClientCommands } from './client.commands.js';
import { addClientList } from './client.list.js';
import { toFailure, type Failure } from './failure.js';
import type { Io } from './io.js';
import { addKeyCommands } from './key.commands.js';
import { Output } from './output.js';
import { addRegistrationTokenCommands } from './registration-token.commands.js';
import { addResourceCommands } from './resource.commands.js';
import { addSecretCommands } from './secret.commands.js';
import { addTokenCommands } from './token.commands.js';
import { addTransferCommands } from './transfer.commands.js';

const NAME = 'nestjs-oauth-kit';

/**
 * Runs one command and answers its exit code: 0 it is done, 1 it was refused or failed, 2 the command line is wrong.
 * `words` are the arguments after the name of the program.
 */
export async function run(words: readonly string[], io: Io): Promise<0 | 1 | 2> {
  try {
    const code = await execute(words, io);
    // What was written without waiting for it, too.
    await io.stdout.write('');
    return code;
  } catch (error) {
    const failure = error instanceof CommanderError ? misused(error) : toFailure(error);
    // The result that it has left, a report of refused lines for example, comes first, and whole.
    await Promise.resolve(io.stdout.write('')).catch(() => undefined);
    report(failure, io, words.includes('--json'));
    return failure.exitCode;
  }
}

async function execute(words: readonly string[], io: Io): Promise<0 | 2> {
  try {
    await makeProgram(io).parseAsync([...words], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    // Help in the place of a missing command: it is printed already.
    if (error instanceof CommanderError && error.code === 'commander.help') return 2;
    throw error;
  }
}

function makeProgram(io: Io): Command {
  const program = new Command(NAME)
    .description(
      "Clients, tokens, resource servers and signing keys of an app's OAuth 2.0 authorization server.",
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: () => undefined,
    })
    .version(version(), '--version', 'print the version')
    .addOption(
      new Option(
        '--app <file>',
        'compiled file of the root module: dist/app.module.js, or file.js#ExportName',
      )
        .env('NESTJS_OAUTH_KIT_APP')
        .makeOptionMandatory(),
    )
    .option('--issuer <url>', 'which authorization server, where the app has several')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      `\nExample:\n  $ ${NAME} --app dist/app.module.js client create --name "Nightly report"`,
    )
    .addHelpText('after', '\nExit codes: 0 done, 1 refused or failed, 2 wrong command line.');
  const cli = new Cli(io, program);
  const group = (name: string, description: string): Command =>
    program.command(name).description(description);
  const clients = group('client', 'Clients: create, look up, change, disable, delete, export, import.');
  addClientCommands(cli, clients);
  addClientList(cli, clients);
  addTransferCommands(cli, clients);
  addSecretCommands(cli, clients, group('secret', 'Secrets of a client.'));
  addTokenCommands(cli, group('token', 'Access tokens of a client.'));
  addResourceCommands(
    cli,
    group('resource', 'Resource servers: the configured ones, and those beside them.'),
  );
  addRegistrationTokenCommands(
    cli,
    group('registration-token', 'Tokens by which clients may register themselves.'),
  );
  addKeyCommands(cli, group('key', 'Signing keys.'));
  addAuditCommands(cli, group('audit', 'The audit log: who has done what, and when.'));
  return program;
}

function misused(error: CommanderError): Failure {
  return {
    exitCode: 2,
    code: 'usage',
    description: error.message.replace(/^error: /, '').replace(/\s*\n/g, ' '),
  };
}

function report({ code, description }: Failure, io: Io, json: boolean): void {
  if (json) new Output(io.stderr, io.stderr).json({ error: code, error_description: description });
  else new Output(io.stdout, io.stderr).remark(`error: ${description}`);
}

function version(): string {
  const { version: found } = createRequire(import.meta.url)(`${NAME}/package.json`) as { version: string };
  return found;
}
