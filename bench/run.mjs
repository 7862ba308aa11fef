// Loads the token and introspection endpoints and the guarded APIs of the built sample app, and the bare NestJS controller in between, so
// that each figure has its ratio from the same minutes on the same machine.
//
//   npm run bench -- [--rounds 3] [--seconds 4] [--connections 32]
import { parseArgs } from 'node:util';
import { FORM, load, median } from './load.mjs';
import { startBare, startSample } from './servers.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '32' },
  },
});
const rounds = Number(values.rounds);
const duration = Number(values.seconds);
const connections = Number(values.connections);

const JWT_BODY = 'grant_type=client_credentials&scope=catalog:read';
const OPAQUE_BODY = 'grant_type=client_credentials&scope=statistics:read';

async function issue(sample, body) {
  const headers = { authorization: sample.authorization, 'content-type': FORM };
  const response = await fetch(`${sample.url}/oauth/token`, { method: 'POST', headers, body });
  const { access_token: token } = await response.json();
  if (!token) throw new Error(`No token to measure with: ${response.status}`);
  return token;
}

async function casesFor(httpAdapter) {
  const [bare, sample] = [await startBare(httpAdapter), await startSample(httpAdapter)];
  const post = (server, path, body, headers = {}) => {
    return {
      server,
      url: server.url + path,
      method: 'POST',
      body,
      headers: { 'content-type': FORM, ...headers },
    };
  };
  const get = (server, path, headers = {}) => ({ server, url: server.url + path, method: 'GET', headers });
  const basic = { authorization: sample.authorization };
  const [jwt, opaque] = [await issue(sample, JWT_BODY), await issue(sample, OPAQUE_BODY)];
  const bearer = (token) => ({ authorization: `Bearer ${token}` });
  const introspect = (token, headers = {}) =>
    post(sample, '/oauth/introspect', `token=${token}`, { ...basic, ...headers });
  const signed = { accept: 'application/token-introspection+jwt' };
  const cases = [
    { name: 'bare POST', ...post(bare, '/bare', JWT_BODY, basic) },
    { name: 'token jwt', against: 'bare POST', ...post(sample, '/oauth/token', JWT_BODY, basic) },
    { name: 'token opaque', against: 'bare POST', ...post(sample, '/oauth/token', OPAQUE_BODY, basic) },
    { name: 'introspect jwt', against: 'bare POST', ...introspect(jwt) },
    { name: 'introspect opaque', against: 'bare POST', ...introspect(opaque) },
    { name: 'introspect, signed', against: 'bare POST', ...introspect(jwt, signed) },
    { name: 'bare GET', ...get(bare, '/bare') },
    { name: 'api jwt', against: 'bare GET', ...get(sample, '/api/catalog', bearer(jwt)) },
    { name: 'api opaque', against: 'bare GET', ...get(sample, '/api/statistics', bearer(opaque)) },
  ];
  return cases.map((each) => ({ ...each, httpAdapter, runs: [] }));
}

async function round({ server, url, method, body, headers, runs }, seconds) {
  runs?.push(await load(server, { url, method, body, headers, connections, duration: seconds }));
}

function row(each, all) {
  const yardstick = all.find(
    ({ name, httpAdapter }) => name === each.against && httpAdapter === each.httpAdapter,
  );
  const [rate, cpu] = [median(each.runs, 'rate'), median(each.runs, 'cpu')];
  return {
    adapter: each.httpAdapter,
    case: each.name,
    'req/s': Math.round(rate),
    'p50 ms': median(each.runs, 'p50'),
    'p99 ms': median(each.runs, 'p99'),
    'CPU µs/req': Math.round(cpu),
    MiB: Math.round(median(each.runs, 'memory')),
    'req/s ÷ bare': yardstick ? (rate / median(yardstick.runs, 'rate')).toFixed(2) : '1',
    'CPU ÷ bare': yardstick ? (cpu / median(yardstick.runs, 'cpu')).toFixed(2) : '1',
  };
}

const cases = [...(await casesFor('express')), ...(await casesFor('fastify'))];
try {
  for (const each of cases) await round({ ...each, runs: undefined }, 1);
  for (let count = 1; count <= rounds; count++) {
    for (const each of cases) await round(each, duration);
  }
  console.log(
    `${connections} connections, median of ${rounds} interleaved rounds of ${duration} s, Node ${process.version}`,
  );
  console.table(cases.map((each) => row(each, cases)));
} finally {
  for (const { server } of cases) server.stop();
}
