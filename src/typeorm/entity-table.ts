import type { DataSource, EntityMetadata, ObjectLiteral } from 'typeorm';
import { ConfigurationError } from '../oauth/configuration.error.js';

type Property<Entity> = keyof Entity & string;

/** The parts of statements on the table of one entity, with the prefix, schema and names of this data source. */
export class EntityTable<Entity extends ObjectLiteral> {
  readonly name: string;
  private readonly metadata: EntityMetadata;

  constructor(
    private readonly dataSource: DataSource,
    entity: new () => Entity,
  ) {
    if (!dataSource.hasMetadata(entity)) {
      throw new ConfigurationError(
        'persistence',
        `a data source without the entity ${entity.name}`,
        'on an initialized data source with autoLoadEntities: true, or with oauthEntities among its entities',
      );
    }
    this.metadata = dataSource.getMetadata(entity);
    this.name = this.metadata.tablePath.split('.').map(this.escape).join('.');
  }

  column(property: Property<Entity>, alias?: string): string {
    const column = this.metadata.findColumnWithPropertyName(property);
    if (!column) throw new TypeError(`${this.metadata.name} has no column for ${property}.`);
    return `${alias === undefined ? '' : `${alias}.`}${this.escape(column.databaseName)}`;
  }

  /** Every column under the name of its property. */
  selection(alias: string, prefix = '', except: readonly Property<Entity>[] = []): string {
    return this.columns(except)
      .map(
        (column) =>
          `${alias}.${this.escape(column.databaseName)} AS ${this.escape(prefix + column.propertyName)}`,
      )
      .join(', ');
  }

  insertion(rows: number): string {
    const columns = this.columns().map(({ databaseName }) => this.escape(databaseName));
    const row = `(${columns.map(() => '?').join(', ')})`;
    return `INSERT INTO ${this.name} (${columns.join(', ')}) VALUES ${Array<string>(rows).fill(row).join(', ')}`;
  }

  /** An insertion of what another statement yields: `value` for `property`, parameters for all other columns. */
  insertionFrom(property: Property<Entity>, value: string, from: string): string {
    const columns = this.columns([property]).map(({ databaseName }) => this.escape(databaseName));
    const parameters = columns.map(() => '?').join(', ');
    return (
      `INSERT INTO ${this.name} (${columns.join(', ')}, ${this.column(property)})` +
      ` SELECT ${parameters}, ${value} ${from}`
    );
  }

  /** The parameters of one row of an insertion, or those of an assignment to the same columns. */
  values(entity: Entity, except: readonly Property<Entity>[] = []): unknown[] {
    return this.columns(except).map((column): unknown => column.getEntityValue(entity, true));
  }

  assignments(except: readonly Property<Entity>[]): string {
    return this.columns(except)
      .map(({ databaseName }) => `${this.escape(databaseName)} = ?`)
      .join(', ');
  }

  private columns(except: readonly string[] = []) {
    return this.metadata.columns.filter(({ propertyName }) => !except.includes(propertyName));
  }

  private readonly escape = (name: string): string => this.dataSource.driver.escape(name);
}
