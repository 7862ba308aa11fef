import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { ResourceServerStore, type StoredResourceServer } from '../oauth/resource/resource-server.store.js';
import { flag, integer, nullable, strings, typedText } from './codecs.js';
import { isUniqueViolation } from './driver-errors.js';
import { accessTokenFormat } from './entities/oauth-client.entity.js';
import { OauthResourceServerEntity } from './entities/oauth-resource-server.entity.js';
import { EntityTable } from './entity-table.js';
import { Sql, type Row } from './sql.js';

const NEVER_CHANGED = ['digest', 'identifier'] as const;

/** The resource servers that operators have added: a handful of rows. */
export class TypeormResourceServerStore extends ResourceServerStore {
  private readonly sql: Sql;
  private readonly server: EntityTable<OauthResourceServerEntity>;
  private readonly statements: ReturnType<TypeormResourceServerStore['prepare']>;

  constructor(dataSource: DataSource) {
    super();
    this.sql = new Sql(dataSource);
    this.server = new EntityTable(dataSource, OauthResourceServerEntity);
    this.statements = this.prepare();
  }

  async all(): Promise<StoredResourceServer[]> {
    const servers = (await this.sql.rows(this.statements.all, [])).map(resourceServer);
    return servers.sort((a, b) => Buffer.compare(Buffer.from(a.identifier), Buffer.from(b.identifier)));
  }

  async create(server: StoredResourceServer): Promise<boolean> {
    try {
      await this.sql.run(this.statements.create, this.server.values(entity(server)));
      return true;
    } catch (error) {
      if (isUniqueViolation(error)) return false;
      throw error;
    }
  }

  async update(server: StoredResourceServer, revision: number): Promise<boolean> {
    const changed = entity({ ...server, revision: revision + 1 });
    const values = this.server.values(changed, NEVER_CHANGED);
    return (await this.sql.change(this.statements.update, [...values, changed.digest, revision])) > 0;
  }

  async delete(identifier: string, revision?: number): Promise<boolean> {
    const { sql, statements } = this;
    const digest = digestOf(identifier);
    if (revision === undefined) return (await sql.change(statements.delete, [digest])) > 0;
    return (await sql.change(statements.deleteRevision, [digest, revision])) > 0;
  }

  private prepare() {
    const { sql, server } = this;
    const digest = server.column('digest');
    return {
      all: sql.prepare(`SELECT ${server.selection('r')} FROM ${server.name} r`),
      create: sql.prepare(server.insertion(1)),
      update: sql.prepare(
        `UPDATE ${server.name} SET ${server.assignments(NEVER_CHANGED)}` +
          ` WHERE ${digest} = ? AND ${server.column('revision')} = ?`,
      ),
      delete: sql.prepare(`DELETE FROM ${server.name} WHERE ${digest} = ?`),
      deleteRevision: sql.prepare(
        `DELETE FROM ${server.name} WHERE ${digest} = ? AND ${server.column('revision')} = ?`,
      ),
    };
  }
}

function digestOf(identifier: string): string {
  return createHash('sha256').update(identifier).digest('hex');
}

function entity(server: StoredResourceServer): OauthResourceServerEntity {
  return {
    ...server,
    digest: digestOf(server.identifier),
    accessTokenFormat: server.accessTokenFormat ?? null,
    accessTokenLifetime: server.accessTokenLifetime ?? null,
    name: server.name ?? null,
    documentation: server.documentation ?? null,
  };
}

function resourceServer(row: Row): StoredResourceServer {
  const format = nullable(accessTokenFormat).from(row['accessTokenFormat']);
  const accessTokenLifetime = nullable(integer).from(row['accessTokenLifetime']);
  const name = nullable(typedText).from(row['name']);
  const documentation = nullable(typedText).from(row['documentation']);
  return {
    identifier: typedText.from(row['identifier']),
    revision: integer.from(row['revision']),
    createdAt: integer.from(row['createdAt']),
    updatedAt: integer.from(row['updatedAt']),
    scopes: strings.from(row['scopes']),
    defaultScopes: strings.from(row['defaultScopes']),
    ...(format === null ? {} : { accessTokenFormat: format }),
    ...(accessTokenLifetime === null ? {} : { accessTokenLifetime }),
    ...(name === null ? {} : { name }),
    ...(documentation === null ? {} : { documentation }),
    publishesMetadata: flag.from(row['publishesMetadata']),
  };
}
