import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { OauthAdmin } from 'nestjs-oauth-kit';

export const HTTP_ADAPTERS = ['express', 'fastify'] as const;

/** A program of the sample as a process of its own. */
export interface SampleProgram {
  readonly process: ChildProcess;
  /** Everything that it has printed so far, logs included. */
  output(): string;
  /** Ends the process, by SIGTERM unless told otherwise, and resolves with its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface SampleApp extends SampleProgram {
  readonly issuer: string;
  readonly port: number;
}

export interface SampleAppOptions {
  readonly httpAdapter?: (typeof HTTP_ADAPTERS)[number];
  readonly databaseUrl?: string;
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the built sample app as a process of its own, on a free port, and waits until it answers. */
export async function startSampleApp(options: SampleAppOptions = {}): Promise<SampleApp> {
  const port = options.port ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), 'oauth-sample-'));
  const program = startProgram('main.js', {
    PORT: String(port),
    DATABASE_URL: options.databaseUrl ?? `sqlite:${join(folder, 'sample.sqlite')}`,
    HTTP_ADAPTER: options.httpAdapter ?? 'express',
    ...options.env,
  });
  await untilReady(program, () => answers(`http://127.0.0.1:${port}/oauth/jwks`));
  return {
    ...program,
    issuer: options.env?.['ISSUER'] ?? `http://127.0.0.1:${port}`,
    port,
    stop: async (signal) => {
      const code = await program.stop(signal);
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}

/** Starts one of the built programs of the sample. It sees nothing of this process' environment. */
export function startProgram(file: string, env: Readonly<Record<string, string>>): SampleProgram {
  const child = spawn(process.execPath, [`sample-app/dist/${file}`], {
    env: { PATH: process.env['PATH'], NO_COLOR: '1', ...env },
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    process: child,
    output: () => output,
    stop: (signal = 'SIGTERM') => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return exited;
    },
  };
}

/** Waits until the program is ready. */
export async function untilReady(
  program: SampleProgram,
  isReady: () => boolean | Promise<boolean>,
): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (program.process.exitCode !== null) throw new Error(`The program has ended:\n${program.output()}`);
    if (await isReady()) return;
    await wait(50);
  }
  throw new Error(`The program is not ready:\n${program.output()}`);
}

/** Whether something answers there, whatever it says. */
export async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * The operator's side of a running sample app: boots its module in this process on the same database, as the command
 * does. Close it when done.
 */
export async function openAdmin(env: {
  readonly ISSUER: string;
  readonly DATABASE_URL: string;
  readonly [name: string]: string;
}): Promise<{ admin: OauthAdmin; context: INestApplicationContext; close(): Promise<void> }> {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    const { AppModule } = await import('../../sample-app/app.module.js');
    const context = await NestFactory.createApplicationContext(AppModule, {
      logger: false,
      abortOnError: false,
    });
    return { admin: context.get(OauthAdmin), context, close: () => context.close() };
  } finally {
    for (const name of Object.keys(env)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}
