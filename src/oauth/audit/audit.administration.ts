import { IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { AdministrationError } from '../administration.error.js';
import { ADMINISTRATIVE_ACTIONS } from '../events/oauth-event.js';
import { reach } from '../store-failure.js';
import { requireValid } from '../validation.js';
import type { AuditEntry, AuditFilter, AuditStore } from './audit.log.js';

const MOST = 500;
const LATEST = 100_000_000_000;

const limit = { message: `limit must be a whole number from 1 to ${MOST}` };
const cursor = { message: 'after must be the next of the page before' };
/** Events that become entries. */
const TYPES: readonly string[] = [
  'client.authentication_failed',
  'registration.refused',
  'token.issued',
  'token.revoked',
  ...ADMINISTRATIVE_ACTIONS,
];

const type = { message: `type must be one of ${TYPES.join(', ')}` };
const name = { message: '$property must be 1 to 255 characters of printable ASCII' };
const time = { message: '$property must be a whole number of seconds since 1970' };

/** Which entries of the audit log, how many: all of it is optional. */
export interface AuditQueryInput extends Partial<{
  readonly [K in keyof AuditFilter]: AuditFilter[K] | undefined;
}> {
  /** 1 to 500. Default: 50. */
  readonly limit?: number | undefined;
  /** The `next` of the page before, asked for with the same filters. */
  readonly after?: string | undefined;
}

/** A page of the audit log, the newest entries first. */
export interface AuditList {
  readonly entries: readonly AuditEntry[];
  /** The cursor of the next page. Missing: this is the last. */
  readonly next?: string;
}

class AuditQuery {
  @IsOptional()
  @IsIn(TYPES, type)
  readonly type?: string;

  @IsOptional()
  @IsString(name)
  @Matches(/^[\x20-\x7e]{1,255}$/, name)
  readonly actor?: string;

  @IsOptional()
  @IsString(name)
  @Matches(/^[\x20-\x7e]{1,255}$/, name)
  readonly subject?: string;

  @IsOptional()
  @IsInt(time)
  @Min(0, time)
  @Max(LATEST, time)
  readonly since?: number;

  @IsOptional()
  @IsInt(time)
  @Min(0, time)
  @Max(LATEST, time)
  readonly until?: number;

  @IsOptional()
  @IsInt(limit)
  @Min(1, limit)
  @Max(MOST, limit)
  readonly limit?: number;

  @IsOptional()
  @IsString(cursor)
  @Matches(/^[0-9a-f]{32}$/, cursor)
  readonly after?: string;

  static from(input: AuditQueryInput): AuditQuery {
    const query = new AuditQuery();
    for (const member of QUERY_MEMBERS) {
      const value: unknown = input[member];
      if (value !== undefined && value !== null) Object.assign(query, { [member]: value });
    }
    return requireValid(query);
  }
}

const QUERY_MEMBERS = [
  'type', 'actor', 'subject', 'since', 'until', 'limit', 'after',
] as const satisfies readonly (keyof AuditQuery)[]; // prettier-ignore

/** What an operator does with the audit log of the `persistence`: read it. */
export class AuditAdministration {
  constructor(
    /** Missing: there is no log, or it is kept elsewhere. */
    private readonly store: AuditStore | undefined,
  ) {}

  /**
   * A page of the entries that meet every filter given: `type`, `actor` and `subject` exactly, `since` and `until` inclusive,
   * in seconds since 1970. @throws OauthError `invalid_request`, which names the member, AdministrationError `unsupported`
   */
  async list(query: AuditQueryInput = {}): Promise<AuditList> {
    const { limit: most = 50, after, ...wanted } = AuditQuery.from(query);
    const page = { filter: filter(wanted), limit: most + 1, ...(after !== undefined && { before: after }) };
    // One more tells whether there is a page behind this one.
    const { store } = this;
    if (!store) {
      throw new AdministrationError('unsupported', 'The audit log is not kept in the database (audit.log).');
    }
    const found = await reach(() => store.list(page));
    const entries = found.slice(0, most);
    const last = entries.at(-1);
    return found.length > most && last ? { entries, next: last.id } : { entries };
  }
}

function filter({ type, actor, subject, since, until }: AuditFilter): AuditFilter {
  return {
    ...(type !== undefined && { type }),
    ...(actor !== undefined && { actor }),
    ...(subject !== undefined && { subject }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
}
