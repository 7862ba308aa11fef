import type { DataSource } from 'typeorm';
import { SigningKeyStore, type StoredSigningKey } from '../oauth/keys/signing-key.store.js';
import { integer, nullable, text } from './codecs.js';
import {
  OauthSigningKeyEntity,
  signingAlgorithm,
  signingKeyPurpose,
} from './entities/oauth-signing-key.entity.js';
import { EntityTable } from './entity-table.js';
import { Sql, type Row } from './sql.js';
import { isUniqueViolation } from './driver-errors.js';

/** The key ring: a handful of rows. */
export class TypeormSigningKeyStore extends SigningKeyStore {
  private readonly sql: Sql;
  private readonly key: EntityTable<OauthSigningKeyEntity>;
  private readonly statements: ReturnType<TypeormSigningKeyStore['prepare']>;

  constructor(dataSource: DataSource) {
    super();
    this.sql = new Sql(dataSource);
    this.key = new EntityTable(dataSource, OauthSigningKeyEntity);
    this.statements = this.prepare();
  }

  async all(): Promise<StoredSigningKey[]> {
    return (await this.sql.rows(this.statements.all, [])).map(signingKey);
  }

  async insert(key: StoredSigningKey): Promise<boolean> {
    try {
      await this.sql.run(this.statements.insert, this.key.values({ ...key, purpose: key.purpose ?? null }));
      return true;
    } catch (error) {
      if (isUniqueViolation(error)) return false;
      throw error;
    }
  }

  async replacePrivateKey(kid: string, privateKey: string): Promise<void> {
    const key = await this.find(kid);
    if (key) await this.sql.run(this.statements.replacePrivateKey, [privateKey, key.generation, kid]);
  }

  async delete(kid: string): Promise<boolean> {
    const key = await this.find(kid);
    return key !== undefined && (await this.sql.change(this.statements.delete, [key.generation, kid])) > 0;
  }

  /** By its exact `kid`, and not by what a collation takes for it. */
  private async find(kid: string): Promise<StoredSigningKey | undefined> {
    return (await this.all()).find((stored) => stored.kid === kid);
  }

  private prepare() {
    const { sql, key } = this;
    const generation = key.column('generation');
    const exactly = `${generation} = ? AND ${key.column('kid')} = ?`;
    return {
      all: sql.prepare(`SELECT ${key.selection('k')} FROM ${key.name} k ORDER BY k.${generation}`),
      insert: sql.prepare(key.insertion(1)),
      delete: sql.prepare(`DELETE FROM ${key.name} WHERE ${exactly}`),
      replacePrivateKey: sql.prepare(
        `UPDATE ${key.name} SET ${key.column('privateKey')} = ? WHERE ${exactly}`,
      ),
    };
  }
}

function signingKey(row: Row): StoredSigningKey {
  const purpose = nullable(signingKeyPurpose).from(row['purpose']);
  return {
    kid: text.from(row['kid']),
    algorithm: signingAlgorithm.from(row['algorithm']),
    privateKey: text.from(row['privateKey']),
    generation: integer.from(row['generation']),
    ...(purpose === null ? {} : { purpose }),
    createdAt: integer.from(row['createdAt']),
    activatesAt: integer.from(row['activatesAt']),
  };
}
