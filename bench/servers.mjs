import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const root = new URL('..', import.meta.url).pathname;

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts one server process and waits until it answers on `path`. */
async function startServer(script, path, env) {
  const port = await freePort();
  const settings = { ...process.env, ...env, PORT: String(port) };
  const child = spawn(process.execPath, [script], { cwd: root, env: settings });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await fetch(url + path).catch(() => undefined)) break;
    await wait(50);
  }
  return { url, settings, pid: child.pid, output: () => output, stop: () => child.kill('SIGKILL') };
}

export function startBare(httpAdapter) {
  return startServer('bench/bare.mjs', '/bare', { HTTP_ADAPTER: httpAdapter });
}

/** The built sample app on a new SQLite file, with the demo client that it makes. */
export async function startSample(httpAdapter, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'oauth-bench-'));
  const server = await startServer('sample-app/dist/main.js', '/oauth/jwks', {
    HTTP_ADAPTER: httpAdapter,
    DATABASE_URL: `sqlite:${join(folder, 'bench.sqlite')}`,
    NO_COLOR: '1',
    ...env,
  });
  let secret;
  for (let attempt = 0; attempt < 100 && !secret; attempt++) {
    secret = /client_secret: (\S+)/.exec(server.output())?.[1];
    await wait(20);
  }
  const stop = () => {
    server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...server, stop, authorization: `Basic ${Buffer.from(`demo:${secret}`).toString('base64')}` };
}

/** Registers a client as an operator does, and answers with its metadata. */
export function createClient({ settings }, metadata) {
  const app = ['--app', 'sample-app/dist/app.module.js'];
  const command = ['dist/cli/main.js', ...app, 'client', 'create', '--metadata', '-', '--json'];
  const input = JSON.stringify(metadata);
  return JSON.parse(
    execFileSync(process.execPath, command, { cwd: root, env: settings, input, stdio: 'pipe' }),
  );
}

const TICK_MICROSECONDS = 10_000;

/** CPU time in microseconds and resident memory in MiB that a process has used; only Linux tells. */
export function usage(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return { cpu: (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS, memory: Number(rss) / 1024 };
  } catch {
    return { cpu: Number.NaN, memory: Number.NaN };
  }
}
