import type { DataSource } from 'typeorm';
import type { Parameters } from './sql.js';
import { inOneTurn, isSynchronous } from './synchronous-transaction.js';
import { inTransaction } from './transaction.js';

/** A statement. With the id of a client: it updates that one, and has failed where it has changed no row. */
export type Step = readonly [statement: string, parameters: Parameters, clientId?: string];

/** A client stands in the way. */
export class Conflict extends Error {
  constructor(readonly clientId: string) {
    super(`The client ${clientId} was made or changed meanwhile.`);
  }
}

/** Takes all steps in one transaction, or none. @throws Conflict */
export async function takeSteps(dataSource: DataSource, steps: readonly Step[]): Promise<void> {
  if (isSynchronous(dataSource)) {
    return inOneTurn(dataSource, (change) => {
      for (const [statement, parameters, clientId] of steps) {
        if (change(statement, parameters) === 0 && clientId !== undefined) throw new Conflict(clientId);
      }
    });
  }
  return inTransaction(dataSource, async (sql) => {
    for (const [statement, parameters, clientId] of steps) {
      if (clientId === undefined) await sql.run(statement, parameters);
      else if ((await sql.change(statement, parameters)) === 0) throw new Conflict(clientId);
    }
  });
}
