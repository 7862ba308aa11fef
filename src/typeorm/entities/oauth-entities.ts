import { OauthAccessTokenEntity } from './oauth-access-token.entity.js';
import { OauthAuditEntryEntity } from './oauth-audit-entry.entity.js';
import { OauthClientSecretEntity } from './oauth-client-secret.entity.js';
import { OauthClientEntity } from './oauth-client.entity.js';
import { OauthFailureCountEntity } from './oauth-failure-count.entity.js';
import { OauthRegistrationTokenEntity } from './oauth-registration-token.entity.js';
import { OauthResourceServerEntity } from './oauth-resource-server.entity.js';
import { OauthRevokedTokenEntity } from './oauth-revoked-token.entity.js';
import { OauthSigningKeyEntity } from './oauth-signing-key.entity.js';
import { OauthUsedIdentifierEntity } from './oauth-used-identifier.entity.js';

/** For the `entities` of a data source that does not load them by itself. */
export const oauthEntities = [
  OauthClientEntity,
  OauthClientSecretEntity,
  OauthAccessTokenEntity,
  OauthRevokedTokenEntity,
  OauthSigningKeyEntity,
  OauthUsedIdentifierEntity,
  OauthFailureCountEntity,
  OauthRegistrationTokenEntity,
  OauthResourceServerEntity,
  OauthAuditEntryEntity,
];
