import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AuditDetail } from '../../oauth/audit/audit.log.js';
import { damaged, integer, isStrings, nullable, object, typedText, type Codec } from '../codecs.js';

export const auditDetail: Codec<AuditDetail> = {
  to: (value) => object.to(value),
  from(stored) {
    const value = object.from(stored);
    return isAuditDetail(value) ? value : damaged('the detail of an audit entry', stored);
  },
};

/** What has happened. Its id begins with the time, so that it is in order by it. */
@Entity({ name: 'oauth_audit_entry' })
@Index(['subject', 'id'])
@Index(['actor', 'id'])
@Index(['type', 'id'])
export class OauthAuditEntryEntity {
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 32 })
  id!: string;

  @Index()
  @Column({ name: 'at', type: 'bigint', transformer: integer })
  at!: number;

  @Column({ name: 'type', type: 'varchar', length: 64 })
  type!: string;

  @Column({ name: 'actor', type: 'varchar', length: 255, nullable: true })
  actor!: string | null;

  @Column({ name: 'subject', type: 'varchar', length: 255, nullable: true })
  subject!: string | null;

  @Column({ name: 'address', type: 'varchar', length: 64, nullable: true })
  address!: string | null;

  @Column({ name: 'tenant', type: 'text', nullable: true, transformer: nullable(typedText) })
  tenant!: string | null;

  @Column({ name: 'detail', type: 'text', transformer: auditDetail })
  detail!: AuditDetail;
}

function isAuditDetail(value: Readonly<Record<string, unknown>>): value is AuditDetail {
  return Object.values(value).every((each) =>
    Array.isArray(each) ? isStrings(each) : ['string', 'number', 'boolean'].includes(typeof each),
  );
}
