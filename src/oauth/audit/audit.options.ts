import { AuditLog } from './audit.log.js';
import { check, wholeNumber } from '../option-checks.js';

const DAY = 86_400;

/**
 * The audit log: administrative changes, failed authentications, refused registrations, and by choice tokens. Requests that
 * bring no credentials or no token, and registrations that are throttled, leave events but no entries.
 */
export interface AuditOptions {
  /** Where it is kept: `database` is the `persistence`, and can be read by `OauthAdmin.audit`; or an {@link AuditLog} of yours. */
  readonly log: 'database' | AuditLog;
  /** Whether the tokens that are issued and revoked are written, too. Default: false. */
  readonly tokens?: boolean | undefined;
  /** Days, 1 to 36500, for which `database` keeps an entry. Default: 365. */
  readonly retention?: number | undefined;
}

export interface AuditConfiguration {
  /** Missing: there is no audit log. */
  readonly log?: 'database' | AuditLog;
  readonly tokens: boolean;
  /** Seconds. */
  readonly retention: number;
}

/** @throws ConfigurationError */
export function resolveAudit(options: AuditOptions | undefined): AuditConfiguration {
  const { log, tokens = false, retention } = options ?? {};
  const days = wholeNumber('audit.retention', retention, { least: 1, most: 36_500, default: 365 }, 'days');
  const known = options === undefined || log === 'database' || log instanceof AuditLog;
  check(known, 'audit.log', log, '"database", or an instance of a class that extends AuditLog');
  check(typeof tokens === 'boolean', 'audit.tokens', tokens, 'true or false');
  return { ...(log && { log }), tokens, retention: days * DAY };
}
