import type { DataSource } from 'typeorm';

export type Row = Readonly<Record<string, unknown>>;
export type Parameters = readonly unknown[];

/** Runs single statements, each on a connection of the pool and outside any transaction. */
export class Sql {
  constructor(private readonly dataSource: DataSource) {}

  /** MySQL or MariaDB. */
  get isMysql(): boolean {
    return ['mysql', 'mariadb'].includes(this.dataSource.options.type);
  }

  /** A column of text, to be compared by its bytes: MySQL's usual collations take `a` for `A` and `a ` for `a`. */
  exact(column: string): string {
    return this.isMysql ? `CAST(${column} AS BINARY)` : column;
  }

  /** A statement with `?` for its parameters, as this driver wants to have it. */
  prepare(statement: string): string {
    let index = 0;
    return statement.replaceAll('?', () => this.dataSource.driver.createParameter('', index++));
  }

  async rows(statement: string, parameters: Parameters): Promise<Row[]> {
    const result: unknown = await this.dataSource.query(statement, [...parameters]);
    if (!Array.isArray(result) || !result.every(isRow))
      throw new TypeError('The driver answered without rows.');
    return result;
  }

  async run(statement: string, parameters: Parameters): Promise<void> {
    await this.dataSource.query(statement, [...parameters]);
  }

  /** Runs a change and tells how many rows it was for. */
  async change(statement: string, parameters: Parameters): Promise<number> {
    if (this.dataSource.options.type === 'postgres') return this.countedChange(statement, parameters);
    const runner = this.dataSource.createQueryRunner();
    try {
      const { affected } = await runner.query(statement, [...parameters], true);
      if (affected === undefined)
        throw new TypeError('The driver does not tell how many rows a change was for.');
      return affected;
    } finally {
      await runner.release();
    }
  }

  /** PGlite behind TypeORM's PostgreSQL driver tells no count, so that PostgreSQL itself counts. */
  private async countedChange(statement: string, parameters: Parameters): Promise<number> {
    const [row] = await this.rows(
      `WITH changed AS (${statement} RETURNING 1) SELECT count(*) AS affected FROM changed`,
      parameters,
    );
    return Number(row?.['affected']);
  }
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null;
}
