import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import type { IntrospectionResponse, OauthContext, OauthError, RevocationResponse } from 'nestjs-oauth-kit';
import { expect } from 'vitest';
import { formRequest, ISSUER, type Introspection, type Kit, type Revocation } from '../support/echo.js';
import { granted, GRANT, register, type Registered } from './support.js';

export const TYPE = 'application/token-introspection+jwt';
export const AS_JWT = { accept: TYPE };
export const NO_STORE = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };
export const INACTIVE = { active: false };
export const API = `${ISSUER}/api`;
export const REPORTS = `${ISSUER}/reports`;

/** How an answer is sent: as JSON, or as a JWT. */
export const FORMS = ['json', 'jwt'] as const;
export type AnswerForm = (typeof FORMS)[number];

/** A scope and the audience of the tokens that have it, for each format of tokens. */
export const FORMATS = [
  { format: 'jwt', scope: 'read', audience: API },
  { format: 'opaque', scope: 'report', audience: REPORTS },
] as const;

/** Every format of tokens with every form of answers. */
export const BOTH = FORMATS.flatMap((each) => FORMS.map((form) => ({ ...each, form })));

type Headers = Record<string, string>;
type Document = Readonly<Record<string, unknown>>;

/** A client whose JWTs are signed with ES256: an RSA key takes long to make. */
export function caller(kit: Kit, metadata: Record<string, unknown> = {}): Promise<Registered> {
  return register(kit, { introspection_signed_response_alg: 'ES256', ...metadata });
}

export async function tokenOf(kit: Kit, client: Registered, scope = 'read'): Promise<string> {
  return granted(await kit.token({ ...GRANT, scope }, client.basic)).accessToken;
}

/** The answer to a request that must have succeeded. */
export function answered<T>(outcome: { readonly success: T } | { readonly error: OauthError }): T {
  if ('error' in outcome) throw new Error(`Refused: ${outcome.error.code} ${outcome.error.message}`);
  return outcome.success;
}

/** The error of a request that must have been refused. */
export function denied(outcome: Introspection | Revocation): OauthError {
  if ('success' in outcome) throw new Error(`It was answered: ${JSON.stringify(outcome.success)}`);
  return outcome.error;
}

/** What a caller is told about a token, and that it was told in this form, signed and without anything beside it. */
export async function told(
  kit: Kit,
  asking: Pick<Registered, 'id' | 'basic'>,
  token: string,
  form: AnswerForm = 'json',
  more: Headers = {},
): Promise<Document> {
  const headers = form === 'jwt' ? { ...asking.basic, ...AS_JWT } : asking.basic;
  const response = answered(await kit.introspect({ token, ...more }, headers));
  return form === 'jwt' ? signedIn(kit, asking.id, response) : plain(response);
}

function plain(response: IntrospectionResponse): Document {
  expect(response).toMatchObject({ status: 200, jwt: undefined });
  expect(response.headers).toEqual(NO_STORE);
  return { ...response.document };
}

/** What stands in the JWT of an answer, RFC 9701 §5. */
export async function signedIn(
  kit: Kit,
  audience: string,
  response: IntrospectionResponse,
): Promise<Document> {
  expect(response.status).toBe(200);
  expect(response.headers).toEqual({ ...NO_STORE, 'Content-Type': TYPE });
  return (await verified(kit, audience, response.jwt ?? '')).document;
}

export async function verified(kit: Kit, audience: string, jwt: string) {
  const { payload, protectedHeader: header } = await jwtVerify(jwt, createLocalJWKSet(await jwksOf(kit)), {
    issuer: ISSUER,
    audience,
    typ: 'token-introspection+jwt',
    currentDate: new Date(kit.clock.time * 1000),
  });
  expect(Object.keys(payload).sort()).toEqual(['aud', 'iat', 'iss', 'token_introspection']);
  expect(payload.iat).toBe(kit.clock.time);
  return { header, document: payload['token_introspection'] as Document };
}

/** The public keys as they are published. */
export async function jwksOf(kit: Kit): Promise<JSONWebKeySet> {
  const context: OauthContext = { request: { ...formRequest('', {}, '/oauth/jwks'), method: 'GET' } };
  const keys = await kit.oauth.jwks(context, {
    jwkList: (_, list) => list.keys,
    jwksError: (_, error) => Promise.reject(error),
  });
  return { keys: [...keys] };
}

/** A revocation that must be answered with 200, and with nothing else. */
export async function revoked(
  kit: Kit,
  client: Pick<Registered, 'basic'>,
  token: string,
  more: Headers = {},
) {
  const response: RevocationResponse = answered(await kit.revoke({ token, ...more }, client.basic));
  expect({ ...response }).toEqual({ status: 200, headers: NO_STORE });
}

/** The two endpoints, where a rule is the same for both. */
export const ENDPOINTS = ['introspect', 'revoke'] as const;
export type Endpoint = (typeof ENDPOINTS)[number];
