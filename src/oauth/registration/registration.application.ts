import type { OauthError } from '../oauth.error.js';
import type { OauthContext } from '../oauth.request.js';
import type { ClientDeletion, ClientRegistration } from './registration.response.js';

/** What every application for registrations has. */
interface FallibleRegistration<C extends OauthContext, E> {
  /** The request was refused: RFC 7591 §3.2.2, RFC 6750 §3. */
  registrationFailure(context: C, error: OauthError): E | Promise<E>;
}

/** What a host implements to let clients register. Exactly one of the two is called, exactly once. */
export interface RegistrationApplication<
  C extends OauthContext,
  S = unknown,
  E = unknown,
> extends FallibleRegistration<C, E> {
  /** A client is registered: RFC 7591 §3.2.1. */
  clientRegistered(context: C, registration: ClientRegistration): S | Promise<S>;
}

/** What a host implements to let clients read their registration. */
export interface ClientReadApplication<
  C extends OauthContext,
  S = unknown,
  E = unknown,
> extends FallibleRegistration<C, E> {
  /** RFC 7592 §2.1. */
  clientRead(context: C, registration: ClientRegistration): S | Promise<S>;
}

/** What a host implements to let clients change their registration. */
export interface ClientUpdateApplication<
  C extends OauthContext,
  S = unknown,
  E = unknown,
> extends FallibleRegistration<C, E> {
  /** RFC 7592 §2.2. */
  clientUpdated(context: C, registration: ClientRegistration): S | Promise<S>;
}

/** What a host implements to let clients delete their registration. */
export interface ClientDeletionApplication<
  C extends OauthContext,
  S = unknown,
  E = unknown,
> extends FallibleRegistration<C, E> {
  /** RFC 7592 §2.3. */
  clientDeleted(context: C, deletion: ClientDeletion): S | Promise<S>;
}

/**
 * What a host implements to let clients manage their registration by one route. Exactly one of the four is called, exactly
 * once. `U` and `D` are what the callbacks for an update and a deletion return, where that is something else.
 */
export interface ClientManagementApplication<C extends OauthContext, S = unknown, E = unknown, U = S, D = S>
  extends
    ClientReadApplication<C, S, E>,
    ClientUpdateApplication<C, U, E>,
    ClientDeletionApplication<C, D, E> {}
