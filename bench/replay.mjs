// What it costs to remember that an assertion was used: the insert of TypeormUsedIdentifierStore, next to a statement of
// the same driver that reads nothing.
//
//   npm run bench:authentication -- --only replay
import { randomBytes } from 'node:crypto';
import { Sql } from '../dist/typeorm/sql.js';
import { TypeormUsedIdentifierStore } from '../dist/typeorm/typeorm-used-identifier.store.js';
import { engines } from './databases.mjs';
import { median, microseconds } from './load.mjs';

const COUNT = 1024;
const IN_FLIGHT = 32;

function actionsOn(dataSource) {
  const sql = new Sql(dataSource);
  const store = new TypeormUsedIdentifierStore(dataSource);
  // With a parameter, so that drivers send it the way they send the insert.
  const statement = sql.prepare('SELECT ?');
  const insert = async () => {
    const [digest, expiresAt] = [randomBytes(32).toString('hex'), Math.ceil(Date.now() / 1000) + 310];
    if (!(await store.insert(digest, expiresAt))) throw new Error('A new identifier was refused.');
  };
  return { select: () => sql.rows(statement, ['1']), insert };
}

async function round({ select, insert }) {
  return {
    select: await microseconds(COUNT, 1, select),
    insert: await microseconds(COUNT, 1, insert),
    selects: await microseconds(COUNT, IN_FLIGHT, select),
    inserts: await microseconds(COUNT, IN_FLIGHT, insert),
  };
}

function row({ engine, runs }) {
  const of = (figure) => Number(median(runs, figure).toPrecision(3));
  const ratio = (one, other) => (median(runs, one) / median(runs, other)).toFixed(1);
  return {
    engine,
    'SELECT 1': of('select'),
    insert: of('insert'),
    'insert ÷ SELECT 1': ratio('insert', 'select'),
    [`SELECT 1, ${IN_FLIGHT} in flight`]: of('selects'),
    [`insert, ${IN_FLIGHT} in flight`]: of('inserts'),
    [`÷ SELECT 1, ${IN_FLIGHT} in flight`]: ratio('inserts', 'selects'),
    '÷ lone SELECT 1': ratio('inserts', 'select'),
  };
}

export async function measureReplay(rounds) {
  const cases = [];
  try {
    for (const { engine, open } of engines()) {
      const database = await open();
      cases.push({ engine, database, actions: actionsOn(database.dataSource), runs: [] });
    }
    for (const { actions } of cases) await round(actions);
    for (let count = 1; count <= rounds; count++) {
      for (const { actions, runs } of cases) runs.push(await round(actions));
    }
    return cases.map(row);
  } finally {
    for (const { database } of cases) await database.close();
  }
}
