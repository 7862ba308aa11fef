import type { PublicJwk } from './signing-key.js';

/** A JWK Set with public keys alone. Its wire names are those of RFC 7517, so a view can send `keys` as it is. */
export interface JwksResponse {
  /** 304 when the caller has this very set already; then no body is sent. */
  readonly status: 200 | 304;
  readonly headers: Readonly<Record<string, string>>;
  readonly keys: readonly PublicJwk[];
}
