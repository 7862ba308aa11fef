// What client authentication costs: token requests of the built sample app by method, the verification of an assertion,
// and the replay insert on each engine. TEST_POSTGRES_URL and TEST_MARIADB_URL add their engines.
//
//   npm run bench:authentication -- [--only tokens|verification|replay] [--rounds 5] [--requests 4000]
//                                   [--connections 32] [--adapter express|fastify]
import { parseArgs } from 'node:util';
import { registerClients } from './clients.mjs';
import { load, median } from './load.mjs';
import { measureReplay } from './replay.mjs';
import { startSample } from './servers.mjs';
import { measureVerification } from './verification.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    requests: { type: 'string', default: '4000' },
    connections: { type: 'string', default: '32' },
    adapter: { type: 'string', default: 'express' },
  },
});
const rounds = Number(values.rounds);
const connections = Number(values.connections);
/** Of each connection in each round. */
const share = Math.ceil(Number(values.requests) / connections);
const requests = share * connections;

/** Every request is signed and built before the first one is sent, for each connection its own. */
async function loadTokens(server, { name, headers, bodies }, each = share) {
  const url = `${server.url}/oauth/token`;
  const amount = each * connections;
  const prepared = (await bodies(amount)).map((body) => ({ body }));
  const setupClient = (client) => client.setRequests(prepared.splice(0, each));
  const run = await load(server, { url, method: 'POST', headers, connections, amount, setupClient });
  if (run.ok !== amount) throw new Error(`${name}: ${run.ok} of ${amount} requests were answered with 200`);
  return run;
}

function row({ name, runs }, yardstick) {
  // Within each round, as the machine may have had other things to do in the next one.
  const ratio = (figure) => {
    const ratios = runs.map((run, round) => ({ ratio: run[figure] / yardstick.runs[round][figure] }));
    return median(ratios, 'ratio').toFixed(2);
  };
  return {
    method: name,
    'req/s': Math.round(median(runs, 'rate')),
    'p50 ms': median(runs, 'p50'),
    'p99 ms': median(runs, 'p99'),
    'CPU µs/req': Math.round(median(runs, 'cpu')),
    'req/s ÷ basic': ratio('rate'),
    'CPU ÷ basic': ratio('cpu'),
    'load busy': median(runs, 'busy').toFixed(2),
  };
}

async function measureTokens() {
  // Without it there is no client_secret_jwt.
  const env = { KEY_ENCRYPTION_SECRET: 'a secret of this benchmark and of nothing else' };
  const server = await startSample(values.adapter, env);
  try {
    const cases = (await registerClients(server)).map((client) => ({ ...client, runs: [] }));
    for (const each of cases) await loadTokens(server, each, Math.ceil(share / 2));
    for (let round = 1; round <= rounds; round++) {
      for (const each of cases) each.runs.push(await loadTokens(server, each));
    }
    return cases.map((each) => row(each, cases[0]));
  } finally {
    server.stop();
  }
}

const parts = {
  tokens: [
    `Token requests, ${values.adapter}: ${connections} connections, ${requests} requests a round`,
    measureTokens,
  ],
  verification: ['Verification of one assertion', () => measureVerification(rounds)],
  replay: ['Replay insert, microseconds for each', () => measureReplay(rounds)],
};

console.log(`Median of ${rounds} interleaved rounds, Node ${process.version}`);
for (const [name, [title, measure]] of Object.entries(parts)) {
  if (values.only !== undefined && values.only !== name) continue;
  console.log(`\n${title}`);
  console.table(await measure());
}
