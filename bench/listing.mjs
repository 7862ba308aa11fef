// What a page of 50 clients costs among 100, and among 10,000: at the beginning, in the middle, at the end.
// With TEST_POSTGRES_URL and TEST_MARIADB_URL on those servers, too. Milliseconds, the median of many.
import { positionOf } from '../dist/index.js';
import { TypeormPersistence } from '../dist/typeorm/index.js';
import { engines } from './databases.mjs';

const MANY = 10_000;
const FEW = 100;
const LIMIT = 50;
const ROUNDS = 40;
const ORDERS = ['id', 'name', 'createdAt', 'updatedAt'];

for (const { engine, open } of engines()) {
  const { dataSource, close } = await open();
  try {
    const { clients } = new TypeormPersistence(dataSource);
    await clients.writeAll(sample(0, FEW));
    const few = await pages(clients, FEW);
    const begun = performance.now();
    await clients.writeAll(sample(FEW, MANY - FEW));
    const written = performance.now() - begun;
    console.log(`\n${engine}: ${MANY - FEW} clients written at once in ${(written / 1000).toFixed(1)} s`);
    const many = await pages(clients, MANY);
    console.table(
      Object.fromEntries(
        ORDERS.map((order) => [order, { [`of ${FEW}`]: few[order].begin, ...spread(many[order]) }]),
      ),
    );
    console.table(await searches(clients));
  } finally {
    await close();
  }
}

function sample(first, count) {
  return Array.from({ length: count }, (_, n) => ({ client: client(first + n) }));
}

function client(n) {
  const id = `client-${String((n * 7919) % 1_000_003).padStart(7, '0')}`;
  const secret = { id: `${id}-1`, digest: String(n).padStart(64, '0'), createdAt: 1_800_000_000 };
  return {
    id,
    revision: 1,
    enabled: true,
    createdAt: 1_800_000_000 + (n % 977),
    updatedAt: 1_800_000_000 + (n % 991),
    tokenSeries: '0123456789abcdef',
    tokenEndpointAuthMethod: 'client_secret_basic',
    grantTypes: ['client_credentials'],
    scope: ['catalog:read'],
    owner: `team-${n % 40}`,
    labels: { tenant: `t${n % 100}` },
    information: { client_name: `Client ${(n * 31) % MANY}` },
    secrets: [secret],
  };
}

async function pages(clients, count) {
  const all = {};
  for (const order of ORDERS) {
    const ordered = [];
    for (let after; ordered.length < count; after = positionOf(ordered.at(-1), order)) {
      ordered.push(...(await clients.list({ limit: 500, order, ...(after && { after }) })));
    }
    const behind = (index) => positionOf(ordered[index], order);
    all[order] = {
      begin: await median(() => clients.list({ limit: LIMIT, order })),
      middle: await median(() => clients.list({ limit: LIMIT, order, after: behind(count / 2) })),
      end: await median(() => clients.list({ limit: LIMIT, order, after: behind(count - LIMIT - 1) })),
    };
  }
  return all;
}

function spread({ begin, middle, end }) {
  return { [`of ${MANY}`]: begin, middle, end };
}

async function searches(clients) {
  const filters = {
    owner: { owner: 'team-7' },
    'label tenant': { labels: { tenant: 't7' } },
    'text that one client has': { search: 'client 9999' },
    'text that none has': { search: 'nowhere to be found' },
  };
  const rows = {};
  for (const [name, filter] of Object.entries(filters)) {
    rows[name] = { milliseconds: await median(() => clients.list({ limit: LIMIT, filter })) };
  }
  return rows;
}

async function median(work) {
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now();
    await work();
    times.push(performance.now() - begun);
  }
  return Number(times.sort((a, b) => a - b)[ROUNDS / 2].toFixed(2));
}
