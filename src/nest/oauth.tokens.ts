/** The checked options, as an {@link OauthConfiguration}. */
export const OAUTH_CONFIGURATION = Symbol('OauthConfiguration');
export const OAUTH_OPTIONS = Symbol('OauthOptions');
export const KEY_RING = Symbol('KeyRing');
/** The APIs that a guard stands before, as {@link GuardedResources}. */
export const GUARDED_RESOURCES = Symbol('GuardedResources');
/** {@link ClientRequests} that read the client each time: who may not ask any more learns nothing. */
export const STRICT_CLIENT_REQUESTS = Symbol('StrictClientRequests');
/** As `StrictVerifiers`. */
export const STRICT_VERIFIERS = Symbol('StrictVerifiers');
/** Makes what an operator needs in the name of an actor, as an `AdministrationFactory`. */
export const ADMINISTRATION_FACTORY = Symbol('AdministrationFactory');
/** What client metadata is checked against, as {@link RegistrationRules}. */
export const REGISTRATION_RULES = Symbol('RegistrationRules');
/** Everything that keeps clients for a while, as one {@link ClientKeeper}. */
export const CLIENT_KEEPER = Symbol('ClientKeeper');
