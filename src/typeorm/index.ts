export { TypeormPersistence } from './typeorm.persistence.js';
export { oauthEntities } from './entities/oauth-entities.js';
export { OauthAccessTokenEntity } from './entities/oauth-access-token.entity.js';
export { OauthClientSecretEntity } from './entities/oauth-client-secret.entity.js';
export { OauthClientEntity } from './entities/oauth-client.entity.js';
export { OauthSigningKeyEntity } from './entities/oauth-signing-key.entity.js';
export { oauthMigrations } from './migrations/oauth-migrations.js';
