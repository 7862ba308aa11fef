import type { Provider } from '@nestjs/common';
import { AuditTrail } from '../../oauth/audit/audit-trail.js';
import type { OauthConfiguration } from '../../oauth/oauth.configuration.js';
import { Persistence } from '../../oauth/persistence.js';
import { AuditListener } from '../audit.listener.js';
import { FailureLog } from '../failure.log.js';
import { OAUTH_CONFIGURATION } from '../oauth.tokens.js';

export const auditProviders: Provider[] = [
  {
    provide: AuditTrail,
    inject: [Persistence, OAUTH_CONFIGURATION, FailureLog],
    useFactory: ({ auditLog }: Persistence, { audit, clock }: OauthConfiguration, log: FailureLog) =>
      new AuditTrail(audit.log === 'database' ? auditLog : audit.log, clock, {
        one: (cause, { type }) =>
          log.report(`An entry of the audit log could not be written (${type})`, cause),
        many: (lost, cause) => log.report(`Entries of the audit log are lost (${lost})`, cause),
      }),
  },
  AuditListener,
];
