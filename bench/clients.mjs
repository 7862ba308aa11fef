// One client for each method of authentication, and the bodies of its token requests.
import { randomUUID } from 'node:crypto';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { FORM } from './load.mjs';
import { createClient } from './servers.mjs';

const GRANT = { grant_type: 'client_credentials', scope: 'catalog:read' };
const JWT_BEARER = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Seconds; the server takes 300. */
const LIFETIME = 240;

/** Registers them. `bodies(count)` signs as many assertions as it gives bodies: each of them works once. */
export async function registerClients(server) {
  return [
    secretInHeader(server),
    secretInBody(server),
    assertingBySecret(server, 'HS256'),
    await assertingByKey(server, 'ES256'),
    await assertingByKey(server, 'RS256'),
    await assertingByKey(server, 'EdDSA'),
  ];
}

function register(server, token_endpoint_auth_method, more = {}) {
  return createClient(server, { token_endpoint_auth_method, scope: GRANT.scope, ...more });
}

function secretInHeader(server) {
  const { client_id: id, client_secret: secret } = register(server, 'client_secret_basic');
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  return { name: 'client_secret_basic', headers: { 'content-type': FORM, authorization }, bodies: same({}) };
}

function secretInBody(server) {
  const { client_id, client_secret } = register(server, 'client_secret_post');
  return {
    name: 'client_secret_post',
    headers: { 'content-type': FORM },
    bodies: same({ client_id, client_secret }),
  };
}

function assertingBySecret(server, alg) {
  const metadata = { token_endpoint_auth_signing_alg: alg };
  const { client_id, client_secret } = register(server, 'client_secret_jwt', metadata);
  return asserting(`client_secret_jwt ${alg}`, server, client_id, { alg }, Buffer.from(client_secret));
}

async function assertingByKey(server, alg) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'bench', alg };
  const metadata = { token_endpoint_auth_signing_alg: alg, jwks: { keys: [jwk] } };
  const { client_id } = register(server, 'private_key_jwt', metadata);
  return asserting(`private_key_jwt ${alg}`, server, client_id, { alg, kid: jwk.kid }, privateKey);
}

function asserting(name, server, id, header, key) {
  const body = async () => form({ client_assertion_type: JWT_BEARER, client_assertion: await assertion() });
  const assertion = () => signAssertion({ issuer: server.url, id, header, key });
  const bodies = (count) => Promise.all(Array.from({ length: count }, body));
  return { name, headers: { 'content-type': FORM }, bodies };
}

export function signAssertion({ issuer, id, header, key }) {
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss: id, sub: id, aud: issuer, jti: randomUUID(), iat, exp: iat + LIFETIME };
  return new SignJWT(claims).setProtectedHeader(header).sign(key);
}

function same(parameters) {
  return async (count) => Array.from({ length: count }, () => form(parameters));
}

function form(parameters) {
  return new URLSearchParams({ ...GRANT, ...parameters }).toString();
}
