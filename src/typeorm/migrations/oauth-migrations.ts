import { CreateOauthTables1763700000000 } from './1763700000000-create-oauth-tables.js';
import { AddClientAssertions1763800000000 } from './1763800000000-add-client-assertions.js';
import { AddIntrospection1763900000000 } from './1763900000000-add-introspection.js';
import { AddClientManagement1764000000000 } from './1764000000000-add-client-management.js';

/** For the `migrations` of the host's data source, in any order with its own. */
export const oauthMigrations = [
  CreateOauthTables1763700000000,
  AddClientAssertions1763800000000,
  AddIntrospection1763900000000,
  AddClientManagement1764000000000,
];
