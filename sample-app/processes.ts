import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Fails where somebody listens already: a second start must not change what the first one runs with. */
export async function requireFree(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const server = createServer().listen(Number(port || 80), hostname.replace(/^\[(.*)\]$/, '$1'));
  await once(server, 'listening').catch((cause: unknown) => {
    throw new Error(`${url} is taken, or cannot be listened on`, { cause });
  });
  server.close();
  await once(server, 'close');
}

/** Starts a program that stands beside this one. It prints to the same terminal. */
export function startProgram(file: string, env: NodeJS.ProcessEnv): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return spawn(process.execPath, [path], { env, stdio: ['ignore', 'inherit', 'inherit'] });
}

/** When one ends, or this process is told to, all do. Resolves with the exit code when the last has ended. */
export async function endTogether(programs: readonly ChildProcess[]): Promise<number> {
  let told = false;
  const endings = programs.map((program) => once(program, 'exit'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      told = true;
      programs.forEach((program) => program.kill(signal));
    });
  }
  const [code] = (await Promise.race(endings)) as [code: number | null];
  programs.forEach((program) => program.kill());
  await Promise.all(endings);
  return told ? 0 : (code ?? 1);
}

/** Resolves when something answers there, whatever it says. */
export async function untilAnswered(url: string): Promise<void> {
  while (!(await fetch(url).catch(() => undefined))) await wait(100);
}
