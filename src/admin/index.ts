export { OauthAdminModule } from './oauth-admin.module.js';
export type { AdminGuard, OauthAdminModuleOptions } from './admin.options.js';
