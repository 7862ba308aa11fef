import {
  Table,
  TableColumn,
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

/** With the host's prefix and schema; also on a data source that has no entities, as one for migrations may be. */
export function tableName(
  { dataSource }: QueryRunner,
  entity: EntityTarget<ObjectLiteral>,
  name: string,
): string {
  if (dataSource.hasMetadata(entity)) return dataSource.getMetadata(entity).tablePath;
  return `${dataSource.options.entityPrefix ?? ''}${name}`;
}
