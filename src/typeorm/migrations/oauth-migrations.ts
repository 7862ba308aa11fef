import { CreateOauthTables1763700000000 } from './1763700000000-create-oauth-tables.js';

/** For the `migrations` of the host's data source, in any order with its own. */
export const oauthMigrations = [CreateOauthTables1763700000000];
