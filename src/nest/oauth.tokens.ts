/** The checked options, as an {@link OauthConfiguration}. */
export const OAUTH_CONFIGURATION = Symbol('OauthConfiguration');
export const OAUTH_OPTIONS = Symbol('OauthOptions');
export const KEY_RING = Symbol('KeyRing');
/** The APIs that a guard stands before, as {@link GuardedResources}. */
export const GUARDED_RESOURCES = Symbol('GuardedResources');
/** As `StrictVerifiers`. */
export const STRICT_VERIFIERS = Symbol('StrictVerifiers');
/** Everything that keeps clients for a while, as one {@link ClientKeeper}. */
export const CLIENT_KEEPER = Symbol('ClientKeeper');
