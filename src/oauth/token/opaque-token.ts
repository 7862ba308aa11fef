import { randomText, sha256 } from '../digest.js';
import { reach } from '../store-failure.js';
import type { AccessTokenGrant } from './access-token.js';
import type { AccessTokenWriter } from './access-token.issuer.js';
import type { AccessTokenStore } from './access-token.store.js';

/** RFC 6750 §2.1 b64token without the dot, which tells a JWT; and long enough to hold 128 bits. */
const ACCEPTABLE = /^[A-Za-z0-9_~+/-]{22,512}$/;
const TOKEN_BYTES = 32;

/**
 * Makes the value of an opaque access token. It must be unguessable (128 bits from a CSPRNG at the least), of 22 to
 * 512 characters out of `[A-Za-z0-9_~+/-]`, and never the same twice; anything else fails the request.
 */
export type OpaqueTokenGenerator = () => string | Promise<string>;

/** The default: a prefix that leak scanners recognise, and 256 bits. */
export function opaqueTokens(prefix: string): OpaqueTokenGenerator {
  return () => prefix + randomText(TOKEN_BYTES);
}

/** What stands in the store for a token. The issuer is part of it: two issuers on one database share no tokens. */
export function opaqueTokenDigest(issuer: string, value: string): string {
  return sha256(`${issuer}\n${value}`);
}

/** Writes opaque tokens: the value to the client, its digest to the store. */
export class OpaqueTokenWriter implements AccessTokenWriter {
  constructor(
    private readonly store: AccessTokenStore,
    private readonly generate: OpaqueTokenGenerator,
    private readonly issuer: string,
  ) {}

  async write(grant: AccessTokenGrant): Promise<string> {
    const value: unknown = await this.generate();
    if (typeof value !== 'string' || !ACCEPTABLE.test(value)) {
      throw new Error('The opaque token generator must return 22 to 512 characters out of [A-Za-z0-9_~+/-].');
    }
    const { id, clientId, subject, audience, scope, issuedAt, expiresAt, claims } = grant;
    const digest = opaqueTokenDigest(this.issuer, value);
    await reach(
      () =>
      this.store.insert({
        digest, id, clientId, subject, audience, scope, issuedAt, expiresAt, claims,
      }), // prettier-ignore
    );
    return value;
  }
}
