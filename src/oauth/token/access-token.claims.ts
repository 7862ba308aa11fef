import type { Client } from '../client/client.js';
import type { ResourceServer } from '../resource/resource-server.js';

/** Claims with a meaning of their own: RFC 9068 §2.2, RFC 7519 §4.1, RFC 7800, RFC 7662 §2.2, RFC 8693 §4. */
const RESERVED = new Set([
  'iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'client_id', 'scope', 'cnf', 'act', 'may_act', 'azp',
  'auth_time', 'acr', 'amr', 'active', 'token_type', 'username', 'authorization_details',
  '__proto__', 'constructor', 'prototype',
]); // prettier-ignore

const MOST_BYTES = 4096;
const DEEPEST = 8;

/**
 * Adds claims of the host's own to an access token. Reserved names, values that JSON cannot hold, more than 8 levels, and
 * more than 4096 bytes of JSON fail the request, as a throw does.
 */
export type AccessTokenClaimsHook = (grant: {
  readonly client: Client;
  readonly resource: ResourceServer;
  readonly scope: readonly string[];
}) => Record<string, unknown> | Promise<Record<string, unknown>>;

/** Runs the host's {@link AccessTokenClaimsHook} and checks what it returns. */
export async function extraClaims(
  hook: AccessTokenClaimsHook | undefined,
  grant: Parameters<AccessTokenClaimsHook>[0],
): Promise<Readonly<Record<string, unknown>>> {
  if (!hook) return {};
  const returned: unknown = await hook(grant);
  if (!isPlainObject(returned) || !isJson(returned, DEEPEST)) {
    throw new Error(
      `The hook accessTokenClaims must return a plain object of JSON, at most ${DEEPEST} levels deep.`,
    );
  }
  const text = JSON.stringify(returned);
  if (Buffer.byteLength(text) > MOST_BYTES) {
    throw new Error(`The hook accessTokenClaims must not return more than ${MOST_BYTES} bytes of JSON.`);
  }
  const claims = JSON.parse(text) as Record<string, unknown>;
  const reserved = Object.keys(claims).filter((name) => RESERVED.has(name));
  if (reserved.length > 0) {
    throw new Error(`The hook accessTokenClaims must not set ${reserved.join(', ')}.`);
  }
  return claims;
}

/** Whether JSON holds this value as it is, and not something near to it. */
function isJson(value: unknown, levels: number): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (levels === 0) return false;
  if (Array.isArray(value)) return Array.from(value).every((item) => isJson(item, levels - 1));
  return isPlainObject(value) && Object.values(value).every((item) => isJson(item, levels - 1));
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
