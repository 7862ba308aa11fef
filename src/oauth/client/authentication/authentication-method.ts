import type { Parameters } from '../../http/parameters.js';
import type { OauthRequest } from '../../oauth.request.js';
import type { Client } from '../client.js';

/** What a verification has found. */
export type Verdict = Verified | Refused;

export interface Verified {
  readonly verified: true;
  /** Set where the credentials work once: they are remembered, and refused the next time. Default: they work again. */
  readonly oneTime?: OneTimeCredentials;
}

export interface Refused {
  readonly verified: false;
  /** For events, never for the response: a word such as `wrong_secret`. */
  readonly reason: string;
  /** Whether it counts against the `failureLimits`. Not where the client may have done nothing wrong. Default: true. */
  readonly counts?: boolean;
  /** Whether the client is told to try later (503), since this server could not do its part. Default: false. */
  readonly busy?: boolean;
}

/** Credentials that work once, told apart by an id of the client's own, as the `jti` of an assertion is. */
export interface OneTimeCredentials {
  readonly id: string;
  /** Seconds since 1970: when they stop working by themselves. */
  readonly expiresAt: number;
}

/** What a request brings to prove who sends it. Nothing of it is believed yet. */
export interface PresentedCredentials {
  /** The `token_endpoint_auth_method` that they belong to: one of the method's own names. */
  readonly method: string;
  /** The client that they claim to come from. `undefined` where they cannot be read; that is `invalid_client`. */
  readonly clientId: string | undefined;
  /**
   * Whether they prove to come from this client, which is registered for {@link method} and enabled; or which is a decoy
   * without keys and secrets, so that unknown clients cost what known ones do.
   */
  verify(client: Client): Verdict | Promise<Verdict>;
}

/**
 * One way for a client to prove who it is (RFC 6749 §2.3). To add one, extend this class and list an instance of it in
 * the option `clientAuthenticationMethods`; clients register for it by name, and the metadata publishes it.
 */
export abstract class ClientAuthenticationMethod {
  /** The values of `token_endpoint_auth_method` that it serves: at least one, 1 to 64 printable characters each. */
  abstract readonly names: readonly string[];
  /** The `Authorization` scheme that it reads, in lower case (RFC 9110 §11.1). Default: none. */
  readonly scheme?: string;
  /** What it adds to `token_endpoint_auth_signing_alg_values_supported` (RFC 8414 §2). Default: nothing. */
  readonly signingAlgorithms: readonly string[] = [];

  /**
   * The credentials of this method in the request; `undefined` where there are none. It must not judge them.
   * @throws OauthError `invalid_request` where the request itself is malformed.
   */
  abstract read(request: OauthRequest, parameters: Parameters): PresentedCredentials | undefined;
}

/** A verdict against the credentials. */
export function refused(reason: string): Refused {
  return { verified: false, reason };
}
