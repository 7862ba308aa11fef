import type { AuditDetail } from '../audit/audit.log.js';

/** What every event tells. */
interface About {
  /** Seconds since 1970. */
  readonly at: number;
  /** Where the request came from, as the platform tells. Missing where it does not. */
  readonly address?: string | undefined;
}

/** A client has proved who it is. With credentials that work once: when they were used up. */
export interface ClientAuthenticated extends About {
  readonly type: 'client.authenticated';
  readonly clientId: string;
  /** Its label `tenant`. */
  readonly tenant?: string | undefined;
  readonly method: string;
}

/** A request was answered with `invalid_client`; or with 503, where the reason is `too_busy`. */
export interface ClientAuthenticationFailed extends About {
  readonly type: 'client.authentication_failed';
  /** Whom it claimed to come from: anybody may claim that. Missing where it named nobody. */
  readonly clientId?: string | undefined;
  readonly method?: string | undefined;
  /** The response never tells it. */
  readonly reason: AuthenticationFailureReason;
}

/** A request was answered with 429, whatever its credentials: too many before it have failed. */
export interface ClientAuthenticationThrottled extends About {
  readonly type: 'client.authentication_throttled';
  readonly clientId?: string | undefined;
  readonly method?: string | undefined;
  /** Seconds. */
  readonly retryAfter: number;
}

/** An access token has left the token endpoint. */
export interface TokenIssued extends About {
  readonly type: 'token.issued';
  readonly clientId: string;
  /** Its label `tenant`. */
  readonly tenant?: string | undefined;
  readonly grantType: string;
  /** `jti`: names the token, and is not the token. */
  readonly tokenId: string;
  readonly format: 'jwt' | 'opaque';
  readonly audience: string;
  readonly scope: readonly string[];
  readonly expiresAt: number;
}

/** An authenticated client was refused a token. */
export interface TokenRefused extends About {
  readonly type: 'token.refused';
  readonly clientId: string;
  /** Its label `tenant`. */
  readonly tenant?: string | undefined;
  /** The `error` of the response. */
  readonly error: string;
}

/** A client has asked about a token. */
export interface TokenIntrospected extends About {
  readonly type: 'token.introspected';
  /** Who has asked. */
  readonly clientId: string;
  /** Whether it was told anything. */
  readonly active: boolean;
  /** `jti`, where it was. */
  readonly tokenId?: string | undefined;
}

/** An access token was revoked by its client. */
export interface TokenRevoked extends About {
  readonly type: 'token.revoked';
  readonly clientId: string;
  /** Its label `tenant`. */
  readonly tenant?: string | undefined;
  /** `jti`. */
  readonly tokenId: string;
  readonly format: 'jwt' | 'opaque';
}

/** A registration, or a change of one, was refused for its token: 401, or 429 for who has failed too often. */
export interface RegistrationRefused extends About {
  readonly type: 'registration.refused';
  /** The client whose registration was asked for. Missing where a new one was. */
  readonly clientId?: string | undefined;
  readonly reason: RegistrationRefusalReason;
}

/** Why. The response never tells it. */
export type RegistrationRefusalReason =
  | 'no_token'
  | 'malformed_token'
  | 'unknown_token'
  | 'token_expired'
  | 'token_used_up'
  | 'wrong_client'
  | 'client_disabled'
  | 'throttled';

/** What an operator, or a client that manages itself, can do. */
export const ADMINISTRATIVE_ACTIONS = [
  'client.created',
  'client.updated',
  'client.disabled',
  'client.enabled',
  'client.tokens_revoked',
  'client.token_revoked',
  'client.deleted',
  'client_secret.rotated',
  'client_secret.revoked',
  'client_secrets.reencrypted',
  'clients.imported',
  'clients.exported',
  'signing_key.rotated',
  'signing_key.revoked',
  'resource_server.created',
  'resource_server.updated',
  'resource_server.deleted',
  'registration_token.created',
  'registration_token.deleted',
] as const;
export type AdministrativeAction = (typeof ADMINISTRATIVE_ACTIONS)[number];

interface ChangeOf<T extends AdministrativeAction> extends About {
  readonly type: T;
  /** Who has done it: as the host, the command or the endpoint names them. */
  readonly actor: string;
  /** What it was done to: the id of a client, a key, a registration token, a resource server. */
  readonly subject: string;
  /** The label `tenant` of the client that it was done to. */
  readonly tenant?: string | undefined;
  /** Names of members that have changed, ids, counts: never a secret, a token or a key. */
  readonly detail: AuditDetail;
}

/** Something was changed by an operator, or by a client that manages itself (RFC 7592). */
export type AdministrativeChange = { [T in AdministrativeAction]: ChangeOf<T> }[AdministrativeAction];

/** Why a client was refused: the kit's words, and those of the host's own methods. */
export type AuthenticationFailureReason =
  | 'no_credentials'
  | 'malformed_credentials'
  | 'unknown_client'
  | 'client_disabled'
  | 'wrong_method'
  | 'wrong_secret'
  | 'secret_expired'
  | 'too_busy'
  | 'replayed'
  | 'assertion_algorithm'
  | 'assertion_issuer'
  | 'assertion_audience'
  | 'assertion_expiry'
  | 'assertion_expired'
  | 'assertion_lifetime'
  | 'assertion_time'
  | 'assertion_not_yet_valid'
  | 'assertion_too_old'
  | 'assertion_id'
  | 'assertion_key'
  | 'assertion_signature'
  | 'keys_unavailable'
  | (string & {});

export type OauthEvent =
  | ClientAuthenticated
  | ClientAuthenticationFailed
  | ClientAuthenticationThrottled
  | TokenIssued
  | TokenRefused
  | TokenIntrospected
  | TokenRevoked
  | RegistrationRefused
  | AdministrativeChange;

export type OauthEventType = OauthEvent['type'];

/** The event of this type. */
export type OauthEventOf<T extends OauthEventType> = Extract<OauthEvent, { readonly type: T }>;
