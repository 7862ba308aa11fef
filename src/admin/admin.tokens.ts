/** The options of the module, as `OauthAdminModuleOptions`. */
export const ADMIN_OPTIONS = Symbol('OauthAdminModuleOptions');
