import { execFileSync } from 'node:child_process';

/** The end-to-end tests talk to the sample app as it is built. */
export default function setup(): void {
  execFileSync(process.execPath, ['scripts/build-if-stale.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
}
