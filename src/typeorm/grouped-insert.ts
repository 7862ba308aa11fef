import { isFaultOfOneRow } from './driver-errors.js';
import type { EntityTable } from './entity-table.js';
import { GroupCommit } from './group-commit.js';
import type { Sql } from './sql.js';

/** With nine columns, well below the 999 parameters that an old SQLite takes. */
const MOST_ROWS = 100;

interface Row {
  readonly digest: string;
  readonly values: readonly unknown[];
}

/**
 * Inserts rows into one table. Those that come at the same time go into one INSERT, in the order of their digests: so
 * instances that insert the same ones wait for one another in one direction only.
 */
export class GroupedInsert<Entity extends { readonly digest: string }> {
  private readonly statements = new Map<number, string>();
  private readonly group = new GroupCommit<Row>(
    (rows) => this.write(rows.toSorted((a, b) => (a.digest < b.digest ? -1 : 1))),
    MOST_ROWS,
    isFaultOfOneRow,
  );

  constructor(
    private readonly sql: Sql,
    private readonly table: EntityTable<Entity>,
    /** What the statement ends with: what to do about a row that is there already. Missing: it fails. */
    private readonly onConflict = '',
  ) {}

  async add(entity: Entity): Promise<void> {
    await this.group.add({ digest: entity.digest, values: this.table.values(entity) });
  }

  private write(rows: readonly Row[]): Promise<void> {
    return this.sql.run(
      this.statement(rows.length),
      rows.flatMap(({ values }) => values),
    );
  }

  private statement(rows: number): string {
    const known = this.statements.get(rows);
    if (known !== undefined) return known;
    const made = this.sql.prepare(`${this.table.insertion(rows)} ${this.onConflict}`);
    this.statements.set(rows, made);
    return made;
  }
}
