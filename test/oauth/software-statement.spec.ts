import { createSecretKey, type KeyObject } from 'node:crypto';
import { exportSPKI, importJWK } from 'jose';
import type { OauthModuleOptions, SoftwareStatementOptions } from 'nestjs-oauth-kit';
import { afterEach, describe, expect, it } from 'vitest';
import { ISSUER } from '../support/echo.js';
import { base64url, json, newKeyPair, PRIVATE_ALGS, signature, type KeyPair } from './assertions.js';
import { badMetadata, Desk, INITIAL, NO_STORE, type Members } from './registration-support.js';

const VENDOR = 'https://vendor.example';
const OTHER = 'https://other.example';
const ALGS = [...PRIVATE_ALGS];
const PAIRS = new Map<string, KeyPair>();
for (const alg of ALGS) PAIRS.set(alg, PAIRS.get(familyOf(alg)) ?? (await pair(alg)));
const { key: STRANGE, jwk: STRANGE_JWK } = await newKeyPair('ES256');

function familyOf(alg: string): string {
  return alg.startsWith('RS') || alg.startsWith('PS') ? 'RS256' : alg === 'Ed25519' ? 'EdDSA' : alg;
}

async function pair(alg: string): Promise<KeyPair> {
  const made = await newKeyPair(alg);
  PAIRS.set(alg, made);
  return made;
}

function keyOf(alg: string): KeyObject {
  const found = PAIRS.get(alg);
  if (!found) throw new Error('unreachable');
  return found.key;
}

const publicKeys = () => [...new Set(PAIRS.values())].map(({ jwk }) => ({ ...jwk }));
const { jwk: OTHER_JWK, key: OTHER_KEY } = await newKeyPair('ES256');
const TRUSTED: SoftwareStatementOptions = {
  issuers: [
    { issuer: VENDOR, jwks: { keys: publicKeys() } },
    { issuer: OTHER, jwks: { keys: [OTHER_JWK] } },
  ],
};

let desk: Desk;

const open = async (
  softwareStatements: SoftwareStatementOptions | undefined = TRUSTED,
  options: Partial<OauthModuleOptions> = {},
) =>
  (desk = await Desk.open({
    registration: {
      initialAccessTokens: [INITIAL],
      policy: { scopes: ['read', 'write'] },
      ...(softwareStatements && { softwareStatements }),
    },
    ...options,
  }));

afterEach(() => desk.close());

/** A statement by hand: header and claims say what they say. */
function statement(
  claims: Members = {},
  header: Members = {},
  key: KeyObject = keyOf('ES256'),
  alg = 'ES256',
): string {
  const all = Object.fromEntries(
    Object.entries({ iss: VENDOR, ...claims }).filter(([, value]) => value !== undefined),
  );
  const input = `${json({ alg, ...header })}.${json(all)}`;
  return `${input}.${base64url(signature(alg, key, input))}`;
}

const refuses = (software_statement: unknown, code = 'invalid_software_statement', plain: Members = {}) =>
  desk.refuses(
    () => desk.register({ ...plain, software_statement }),
    badMetadata('software_statement', code),
  );

describe('a good statement', () => {
  it.each(ALGS)('DCR-011 signed with %s is believed, and returned as it came', async (alg) => {
    await open();
    const claims = { client_name: `by ${alg}`, software_id: 's' };
    const software_statement = statement(claims, { alg }, keyOf(alg), alg);
    const client = await desk.registered({ software_statement });
    expect(client).toMatchObject({ ...claims, software_statement });
    expect(client).not.toHaveProperty('iss');
    expect(await desk.scopeOf(client)).toBe('read');
  });

  it('DCR-011 its values beat the plain ones, and the others stay', async () => {
    await open();
    const software_statement = statement({ client_name: 'signed', scope: 'write', software_version: '2' });
    const plain = { client_name: 'plain', scope: 'read', contacts: ['x@a.example'], software_version: '1' };
    const client = await desk.registered({ ...plain, software_statement });
    expect(client).toMatchObject({
      client_name: 'signed',
      scope: 'write',
      software_version: '2',
      contacts: ['x@a.example'],
    });
    expect(await desk.scopeOf(client, { scope: 'write' })).toBe('write');
  });

  it('DCR-011 null in it beats nothing', async () => {
    await open();
    const software_statement = statement({ client_name: null });
    expect(await desk.registered({ client_name: 'plain', software_statement })).toMatchObject({
      client_name: 'plain',
    });
  });

  it('DCR-011 it can bring keys', async () => {
    await open();
    const { jwk } = await newKeyPair('ES256');
    const members = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } };
    const client = await desk.registered({ software_statement: statement(members) });
    expect(client).toMatchObject(members);
    expect(client).not.toHaveProperty('client_secret');
  });

  it.each<[string, Members]>([
    ['exp in the future', { exp: 1_800_000_001 }],
    ['exp within the tolerance', { exp: 1_799_999_995 }],
    ['nbf within the tolerance', { nbf: 1_800_000_005 }],
    ['iat', { iat: 1_700_000_000 }],
    ['the issuer as aud', { aud: ISSUER }],
    ['the endpoint among aud', { aud: ['https://x.example', `${ISSUER}/oauth/register`] }],
    ['unknown claims', { sub: 'x', jti: 'y', nested: { a: [1] } }],
  ])('DCR-011 with %s is good', async (_, claims) => {
    await open();
    await desk.registered({ software_statement: statement(claims) });
  });

  it('DCR-015 an update needs it again, and without it is free of it', async () => {
    await open();
    const software_statement = statement({ client_name: 'signed' });
    const client = await desk.registered({ software_statement });
    const again = await desk.updated(client, { software_statement, client_name: 'plain' });
    expect(again).toMatchObject({ client_name: 'signed', software_statement });
    await desk.refuses(
      () => desk.put(again, { software_statement: `${software_statement}x` }),
      badMetadata('software_statement', 'invalid_software_statement'),
    );
    expect(await desk.updated(again, { client_name: 'plain' })).toMatchObject({ client_name: 'plain' });
  });
});

describe('a bad statement', () => {
  it.each<[string, () => unknown]>([
    ['nothing', () => ''],
    ['garbage', () => 'garbage'],
    ['two dots', () => '..'],
    ['three words', () => 'a.b.c'],
    ['four segments', () => `${statement()}.x`],
    ['two segments', () => statement().split('.').slice(0, 2).join('.')],
    ['no signature', () => statement().replace(/[^.]*$/, '')],
    ['padding', () => `${statement()}=`],
    ['a space', () => ` ${statement()}`],
    ['a line break', () => `${statement()}\n`],
    ['a changed claim', () => tampered()],
    ['the signature of another', () => statement().replace(/[^.]*$/, statement({ a: 1 }).split('.')[2] ?? '')],
    ['a stranger’s key', () => statement({}, {}, STRANGE)],
    ['the key of the other issuer', () => statement({}, {}, OTHER_KEY)],
    ['a stranger’s key in its header', () => statement({}, { jwk: STRANGE_JWK }, STRANGE)],
    ['a stranger’s key at its jku', () => statement({}, { jku: 'https://evil.example/jwks' }, STRANGE)],
    ['a stranger’s certificate', () => statement({}, { x5c: ['AA'], x5u: 'https://evil.example/' }, STRANGE)],
    ['crit', () => statement({}, { crit: ['x'], x: 1 })],
    ['an empty crit', () => statement({}, { crit: [] })],
    ['b64', () => statement({}, { b64: false, crit: ['b64'] })],
    ['b64 alone', () => statement({}, { b64: false })],
    ['alg none', () => `${json({ alg: 'none' })}.${json({ iss: VENDOR })}.`],
    ['alg None', () => statement({}, { alg: 'None' })],
    ['no alg', () => statement({}, { alg: undefined })],
    ['alg a list', () => statement({}, { alg: ['ES256'] })],
    ['another alg of the same key', () => statement({}, { alg: 'ES384' })],
    ['a kid that is unknown', () => statement({}, { kid: 'x' })],
    ['a kid that is a number', () => statement({}, { kid: 7 })],
    ['an access token of the issuer', () => statement({}, { typ: 'at+jwt' })],
    ['a logout token of the issuer', () => statement({}, { typ: 'logout+jwt' })],
    ['a type that is a list', () => statement({}, { typ: ['JWT'] })],
    ['an expired one', () => statement({ exp: 1_799_999_990 })],
    ['one of 1970', () => statement({ exp: 0 })],
    ['exp as a text', () => statement({ exp: '1800000100' })],
    ['exp as null', () => statement({ exp: null })],
    ['nbf in the future', () => statement({ nbf: 1_800_000_011 })],
    ['nbf as a text', () => statement({ nbf: 'now' })],
    ['another audience', () => statement({ aud: 'https://other-server.example' })],
    ['an empty audience', () => statement({ aud: [] })],
    ['aud as a number', () => statement({ aud: 7 })],
    ['no issuer', () => statement({ iss: undefined })],
    ['an issuer of another type', () => statement({ iss: [VENDOR] })],
    ['an encrypted one', () => `${json({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.a.b.c.d`],
    ['a payload that is an array', () => signed(json({ alg: 'ES256' }), json([]))],
    ['a payload with a claim twice', () => signed(json({ alg: 'ES256' }), base64url(`{"iss":"${VENDOR}","iss":"${VENDOR}"}`))],
    ['a payload with __proto__', () => signed(json({ alg: 'ES256' }), base64url(`{"iss":"${VENDOR}","__proto__":{"scope":"write"}}`))],
    ['a long one', () => statement({ client_name: 'x'.repeat(9000) })],
    ['a megabyte', () => 'x'.repeat(1_000_000)],
    ['a megabyte of dots', () => '.'.repeat(1_000_000)],
  ])('DCR-011 DCR-004 %s is invalid_software_statement', async (_, make) => {
    await open();
    await refuses(make());
    expect(({} as Members)['scope']).toBeUndefined();
  }); // prettier-ignore

  it.each(['HS256', 'HS384', 'HS512'])(
    'DCR-011 %s under the public key of the issuer is refused',
    async (alg) => {
      await open();
      const rsa = { ...(PAIRS.get('RS256')?.jwk ?? {}) };
      const pem = await exportSPKI((await importJWK(rsa, 'RS256', { extractable: true })) as never);
      for (const text of [pem, pem.trim(), JSON.stringify(rsa)]) {
        await refuses(statement({}, {}, createSecretKey(text, 'utf8'), alg));
      }
    },
  );

  it('DCR-011 an algorithm that the host has not allowed is refused', async () => {
    await open({ ...TRUSTED, algorithms: ['ES256'] });
    await refuses(statement({}, {}, keyOf('RS256'), 'RS256'));
    await desk.registered({ software_statement: statement() });
  });

  it.each([
    OTHER.toUpperCase(),
    `${VENDOR}/`,
    'https://evil.example',
    '',
    '__proto__',
    'constructor',
    ISSUER,
  ])('DCR-011 the issuer %j is not approved', async (iss) => {
    await open();
    await refuses(statement({ iss }), 'unapproved_software_statement');
    await refuses(statement({ iss }, {}, STRANGE), 'unapproved_software_statement');
  });

  it('DCR-011 an issuer cannot speak for another', async () => {
    await open();
    await refuses(statement({ iss: OTHER }));
    await desk.registered({ software_statement: statement({ iss: OTHER }, {}, OTHER_KEY) });
  });

  it('DCR-011 where none is trusted every statement is refused', async () => {
    await open();
    await desk.close();
    desk = await Desk.open();
    await refuses(statement(), 'unapproved_software_statement');
  });

  it('DCR-011 where one is required nothing is registered without', async () => {
    await open({ ...TRUSTED, required: true });
    for (const document of [{}, { software_statement: null }, { client_name: 'a' }]) {
      await desk.refuses(
        () => desk.register(document),
        badMetadata('software_statement', 'invalid_software_statement'),
      );
    }
    const client = await desk.registered({ software_statement: statement() });
    await desk.refuses(
      () => desk.put(client),
      badMetadata('software_statement', 'invalid_software_statement'),
    );
  });

  it('DCR-011 who has no token learns nothing about statements', async () => {
    await open();
    const wrong = await desk.register({ software_statement: 'x' }, 'wrong-token');
    expect('error' in wrong && [wrong.error.status, wrong.error.code]).toEqual([401, 'invalid_token']);
    expect('error' in wrong && wrong.error.headers).toMatchObject(NO_STORE);
  });
});

/** A statement of which a claim was changed after it was signed. */
function tampered(): string {
  const [header, , last] = statement({ scope: 'read' }).split('.');
  return `${header}.${json({ iss: VENDOR, scope: 'write' })}.${last}`;
}

function signed(header: string, payload: string): string {
  return `${header}.${payload}.${base64url(signature('ES256', keyOf('ES256'), `${header}.${payload}`))}`;
}

describe('what a statement cannot do', () => {
  it('DCR-010 DCR-011 it names no client, no secret and no owner', async () => {
    await open();
    const claims = {
      client_id: 'mine', client_secret: 'mine-mine-mine-mine', client_secret_expires_at: 1, client_secret_hash: '$2b$10$x',
      owner: 'me', labels: { tenant: 'x' }, description: 'd', resource: '/api', default_scope: 'write', access_token_ttl: 1,
      access_token_format: 'opaque', legacy_assertion_audience: true, registration_access_token: 'mine-mine-mine', enabled: false,
    }; // prettier-ignore
    const client = await desk.registered({ software_statement: statement(claims) });
    for (const name of ['client_id', 'client_secret', 'registration_access_token'] as const) {
      expect(client[name]).not.toBe(claims[name]);
    }
    const stored = await desk.kit.admin.clients.get(client.client_id);
    for (const name of [
      'owner',
      'labels',
      'description',
      'resource',
      'defaultScope',
      'accessTokenTtl',
      'accessTokenFormat',
    ]) {
      expect(stored).not.toHaveProperty(name);
    }
    expect(stored.enabled).toBe(true);
    expect(await desk.scopeOf(client)).toBe('read');
  });

  it.each<[string, Members]>([
    ['scope', { scope: 'read report' }],
    ['token_endpoint_auth_method', { token_endpoint_auth_method: 'none' }],
    ['grant_types', { grant_types: ['authorization_code'] }],
    ['client_name', { client_name: 7 }],
    ['contacts', { contacts: 'x' }],
    ['jwks', { jwks: { keys: [] } }],
    ['jwks_uri', { jwks_uri: 'http://169.254.169.254/' }],
    ['jwks and jwks_uri', { jwks_uri: 'https://keys.example/' }],
  ])('DCR-011 DCR-019 the policy and the rules hold for %s in it', async (name, claims) => {
    await open();
    const plain = name === 'jwks and jwks_uri' ? { jwks: { keys: [STRANGE_JWK] } } : {};
    await desk.refuses(
      () => desk.register({ ...plain, software_statement: statement(claims) }),
      badMetadata(name),
    );
  });
});

describe('options at boot', () => {
  const option = 'registration.softwareStatements';
  const issuers = TRUSTED.issuers;
  const one = (jwk: Members) => ({ issuers: [{ issuer: VENDOR, jwks: { keys: [jwk] } }] });

  it.each<[string, unknown]>([
    [option, 'all'],
    [`${option}.issuers`, {}],
    [`${option}.issuers`, { issuers: [] }],
    [`${option}.issuers`, { issuers: [issuers[0], issuers[0]] }],
    [`${option}.issuers[0]`, { issuers: [VENDOR] }],
    [`${option}.issuers[0].issuer`, { issuers: [{ issuer: '', jwks: { keys: [STRANGE_JWK] } }] }],
    [`${option}.issuers[0].jwks`, { issuers: [{ issuer: VENDOR }] }],
    [`${option}.issuers[0].jwks`, { issuers: [{ issuer: VENDOR, jwks: { keys: [] } }] }],
    [`${option}.issuers[0].jwks.keys[0]`, one({ kty: 'oct', k: 'c2VjcmV0c2VjcmV0c2VjcmV0' })],
    [`${option}.issuers[0].jwks.keys[0]`, one({ ...STRANGE_JWK, d: 'c2VjcmV0c2VjcmV0c2VjcmV0' })],
    [`${option}.issuers[0].jwks.keys[0]`, one({})],
    [`${option}.algorithms`, { issuers, algorithms: [] }],
    [`${option}.algorithms`, { issuers, algorithms: ['HS256'] }],
    [`${option}.algorithms`, { issuers, algorithms: ['none'] }],
    [`${option}.required`, { issuers, required: 'yes' }],
  ])('%s is named', async (name, given) => {
    const failure: unknown = await open(given as SoftwareStatementOptions).then(
      () => 'opened',
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ name: 'ConfigurationError', option: name });
    expect(String(failure)).not.toContain('c2VjcmV0');
    await open();
  });
});
