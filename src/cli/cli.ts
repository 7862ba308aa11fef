import type { Command } from 'commander';
import type { OauthAdmin } from 'nestjs-oauth-kit';
import { commandActor } from './actor.js';
import { withAdmin, type HostOptions } from './host.js';
import type { Io } from './io.js';
import { Output } from './output.js';

/** What every command has at hand. */
export class Cli {
  readonly output: Output;

  constructor(
    readonly io: Io,
    private readonly program: Command,
  ) {
    this.output = new Output(io.stdout, io.stderr);
  }

  /** Runs `work` on the authorization server that the global options name, in the name of who runs the command. */
  administer<T>(work: (admin: OauthAdmin) => Promise<T>): Promise<T> {
    const options = this.program.opts<HostOptions & Record<string, unknown>>();
    return withAdmin(options, this.io.stderr, (admin) => work(admin.by(commandActor())));
  }

  /** A command, with what all of them have. The example goes on after the name of the program. */
  command(group: Command, name: string, description: string, example: string): Command {
    return group
      .command(name)
      .description(description)
      .option('--json', 'print JSON, and errors as JSON on standard error')
      .addHelpText('after', `\nExample:\n  $ nestjs-oauth-kit --app dist/app.module.js ${example}`);
  }
}

export interface JsonOption {
  readonly json?: boolean;
}
