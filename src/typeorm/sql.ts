import type { DataSource, QueryRunner } from 'typeorm';

export type Row = Readonly<Record<string, unknown>>;
export type Parameters = readonly unknown[];

/** Runs single statements: each on a connection of the pool and outside any transaction, or all on one. */
export class Sql {
  constructor(
    private readonly dataSource: DataSource,
    /** Where they run. Missing: on any connection. */
    private readonly runner?: QueryRunner,
  ) {}

  /** MySQL or MariaDB. */
  get isMysql(): boolean {
    return ['mysql', 'mariadb'].includes(this.dataSource.options.type);
  }

  private get isPostgres(): boolean {
    return this.dataSource.options.type === 'postgres';
  }

  /** A column of text, to be compared by its bytes: MySQL's usual collations take `a` for `A` and `a ` for `a`. */
  exact(column: string): string {
    return this.isMysql ? `CAST(${column} AS BINARY)` : column;
  }

  /** A column of text, to be put in order by its code points. */
  inOrder(column: string): string {
    return this.isPostgres ? `${column} COLLATE "C"` : this.exact(column);
  }

  /** Whether the text of a parameter stands in that of a column, exactly as it is. */
  contains(column: string): string {
    if (this.isMysql) return `INSTR(${this.exact(column)}, ${this.exact('?')}) > 0`;
    return this.isPostgres ? `strpos(${column}, ?) > 0` : `instr(${column}, ?) > 0`;
  }

  /** A statement with `?` for its parameters, as this driver wants to have it. */
  prepare(statement: string): string {
    let index = 0;
    return statement.replaceAll('?', () => this.dataSource.driver.createParameter('', index++));
  }

  async rows(statement: string, parameters: Parameters): Promise<Row[]> {
    const result: unknown = await this.query(statement, parameters);
    if (!Array.isArray(result) || !result.every(isRow))
      throw new TypeError('The driver answered without rows.');
    return result;
  }

  async run(statement: string, parameters: Parameters): Promise<void> {
    await this.query(statement, parameters);
  }

  /** Runs a change and tells how many rows it was for. */
  async change(statement: string, parameters: Parameters): Promise<number> {
    if (this.isPostgres) return this.countedChange(statement, parameters);
    if (this.runner) return this.affected(this.runner, statement, parameters);
    const runner = this.dataSource.createQueryRunner();
    try {
      return await this.affected(runner, statement, parameters);
    } finally {
      await runner.release();
    }
  }

  private async affected(runner: QueryRunner, statement: string, parameters: Parameters): Promise<number> {
    const { affected } = await runner.query(statement, [...parameters], true);
    if (affected === undefined)
      throw new TypeError('The driver does not tell how many rows a change was for.');
    return affected;
  }

  /** PGlite behind TypeORM's PostgreSQL driver tells no count, so that PostgreSQL itself counts. */
  private async countedChange(statement: string, parameters: Parameters): Promise<number> {
    const [row] = await this.rows(
      `WITH changed AS (${statement} RETURNING 1) SELECT count(*) AS affected FROM changed`,
      parameters,
    );
    return Number(row?.['affected']);
  }

  private async query(statement: string, parameters: Parameters): Promise<unknown> {
    const runner = this.runner ?? this.dataSource;
    const result: unknown = await runner.query(statement, [...parameters]);
    return result;
  }
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null;
}
