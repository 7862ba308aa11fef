// What the scripts of this folder share: loading a server, and what to make of several runs.
import autocannon from 'autocannon';
import { usage } from './servers.mjs';

export const FORM = 'application/x-www-form-urlencoded';

/** One run of autocannon, timed from the first request to the last answer: its own clock runs on to its next sample. */
export async function load(server, options) {
  let [started, ended] = [0, 0];
  const setupClient = (client) => {
    options.setupClient?.(client);
    client.on('response', () => (ended = performance.now()));
    started = performance.now();
  };
  const [before, own] = [usage(server.pid), process.cpuUsage()];
  const result = await autocannon({ ...options, setupClient, sampleInt: 100 });
  const [after, spent] = [usage(server.pid), process.cpuUsage(own)];
  if (result.non2xx > 0 || result.errors > 0) {
    const answers = JSON.stringify(result.statusCodeStats);
    throw new Error(`${options.url}: ${result.errors} failed, and it answered ${answers}`);
  }
  const { total } = result.requests;
  return {
    rate: (total * 1000) / (ended - started),
    p50: result.latency.p50,
    p99: result.latency.p99,
    cpu: (after.cpu - before.cpu) / total,
    memory: after.memory,
    /** How busy this process was, which makes the load: near 1, it is itself what is measured. */
    busy: (spent.user + spent.system) / 1000 / (ended - started),
    ok: result.statusCodeStats['200']?.count ?? 0,
  };
}

export function median(runs, figure) {
  const sorted = runs.map((run) => run[figure]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** Microseconds that one of `count` takes, with `inFlight` of them at the same time. */
export async function microseconds(count, inFlight, action) {
  const started = performance.now();
  const worker = async () => {
    for (let done = 0; done < count / inFlight; done++) await action();
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return ((performance.now() - started) * 1000) / (Math.ceil(count / inFlight) * inFlight);
}
