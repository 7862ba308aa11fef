// Builds the kit and the sample app where no up-to-date build is there. Its output goes to standard error, so that what
// runs afterwards owns standard output.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'dist', '.built');

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  const entries = readdirSync(path).filter((name) => name !== 'dist' && name !== 'node_modules');
  return Math.max(0, ...entries.map((name) => newest(join(path, name))));
}

const sources = [
  'src',
  'sample-app',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
];
const fresh =
  existsSync(stamp) &&
  existsSync(join(root, 'sample-app', 'dist', 'main.js')) &&
  statSync(stamp).mtimeMs >= Math.max(...sources.map((name) => newest(join(root, name))));

if (!fresh) {
  const startedAt = new Date();
  process.stderr.write('Building…\n');
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(stamp, '');
  // What was edited during the build is newer than it.
  utimesSync(stamp, startedAt, startedAt);
}
