import {
  Table,
  TableColumn,
  TableIndex,
  type EntityTarget,
  type ObjectLiteral,
  type QueryRunner,
  type TableColumnOptions,
  type TableOptions,
} from 'typeorm';

/** A table that a migration makes. */
export interface Creation extends TableOptions {
  readonly entity: EntityTarget<ObjectLiteral>;
}

/** Columns that a migration adds to a table that is there. */
export interface Addition {
  readonly entity: EntityTarget<ObjectLiteral>;
  readonly name: string;
  readonly columns: readonly TableColumnOptions[];
}

/** Indices that a migration adds to a table that is there, each by the names of its columns. */
export interface IndexAddition {
  readonly entity: EntityTarget<ObjectLiteral>;
  readonly name: string;
  readonly indices: readonly (readonly string[])[];
}

export async function createTables(queryRunner: QueryRunner, tables: readonly Creation[]): Promise<void> {
  for (const { entity, ...table } of tables) {
    await queryRunner.createTable(new Table({ ...table, name: tableName(queryRunner, entity, table.name) }));
  }
}

export async function dropTables(queryRunner: QueryRunner, tables: readonly Creation[]): Promise<void> {
  for (const { entity, name } of tables.toReversed()) {
    await queryRunner.dropTable(tableName(queryRunner, entity, name));
  }
}

export async function addColumns(queryRunner: QueryRunner, additions: readonly Addition[]): Promise<void> {
  for (const { entity, name, columns } of additions) {
    const added = columns.map((column) => new TableColumn(column));
    await queryRunner.addColumns(tableName(queryRunner, entity, name), added);
  }
}

export async function dropColumns(queryRunner: QueryRunner, additions: readonly Addition[]): Promise<void> {
  for (const { entity, name, columns } of additions.toReversed()) {
    const added = columns.map((column) => column.name);
    await queryRunner.dropColumns(tableName(queryRunner, entity, name), added);
  }
}

export async function addIndices(
  queryRunner: QueryRunner,
  additions: readonly IndexAddition[],
): Promise<void> {
  for (const { entity, name, indices } of additions) {
    const added = indices.map((columnNames) => new TableIndex({ columnNames: [...columnNames] }));
    await queryRunner.createIndices(tableName(queryRunner, entity, name), added);
  }
}

export async function dropIndices(
  queryRunner: QueryRunner,
  additions: readonly IndexAddition[],
): Promise<void> {
  for (const { entity, name, indices } of additions.toReversed()) {
    const table = await queryRunner.getTable(tableName(queryRunner, entity, name));
    // PostgreSQL's are read back in the order of the table's columns.
    const key = (columns: readonly string[]) => columns.toSorted().join();
    const isAdded = ({ columnNames }: TableIndex) =>
      indices.some((columns) => key(columns) === key(columnNames));
    if (table) await queryRunner.dropIndices(table, table.indices.filter(isAdded));
  }
}

/** With the host's prefix and schema; also on a data source that has no entities, as one for migrations may be. */
export function tableName(
  { dataSource }: QueryRunner,
  entity: EntityTarget<ObjectLiteral>,
  name: string,
): string {
  if (dataSource.hasMetadata(entity)) return dataSource.getMetadata(entity).tablePath;
  return `${dataSource.options.entityPrefix ?? ''}${name}`;
}
