import type { EntityTarget, ObjectLiteral, QueryRunner } from 'typeorm';

/** With the host's prefix and schema; also on a data source that has no entities, as one for migrations may be. */
export function tableName(
  { dataSource }: QueryRunner,
  entity: EntityTarget<ObjectLiteral>,
  name: string,
): string {
  if (dataSource.hasMetadata(entity)) return dataSource.getMetadata(entity).tablePath;
  return `${dataSource.options.entityPrefix ?? ''}${name}`;
}
