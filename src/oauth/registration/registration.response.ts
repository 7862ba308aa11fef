import { NO_STORE } from '../oauth.error.js';

/** The client information response under its registered names, RFC 7591 §3.2.1 and RFC 7592 §3. */
export interface ClientRegistrationDocument {
  readonly client_id: string;
  readonly client_id_issued_at: number;
  /** There when it was made just now: the one time that it is shown. */
  readonly client_secret?: string;
  /** Seconds since 1970; 0 is never. There with `client_secret`. */
  readonly client_secret_expires_at?: number;
  /** What the client manages its registration with. After an update it is a new one, and the old one is dead. */
  readonly registration_access_token: string;
  readonly registration_client_uri: string;
  /** The metadata that is registered. */
  readonly [member: string]: unknown;
}

/** The answer to who has registered, read or changed a client. A view can send `document` as it is. */
export class ClientRegistration {
  readonly headers: Readonly<Record<string, string>> = { ...NO_STORE };

  constructor(
    /** 201 for a new client, else 200. */
    readonly status: 200 | 201,
    readonly document: ClientRegistrationDocument,
  ) {}
}

/** The answer to a client that has deleted its registration, RFC 7592 §2.3. It has no body. */
export class ClientDeletion {
  readonly status = 204;
  readonly headers: Readonly<Record<string, string>> = { ...NO_STORE };
}
