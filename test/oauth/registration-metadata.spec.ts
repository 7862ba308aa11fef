import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ISSUER } from '../support/echo.js';
import { newKeyPair } from './assertions.js';
import { badMetadata, Desk, type Members } from './registration-support.js';

const [EC, RSA, ED] = await Promise.all([newKeyPair('ES256'), newKeyPair('RS256'), newKeyPair('EdDSA')]);
const SIGNS = { token_endpoint_auth_method: 'private_key_jwt' };
const KEYS = { keys: [EC.jwk] };

let desk: Desk;

beforeEach(async () => {
  desk = await Desk.open();
});

afterEach(() => desk.close());

const refuses = (document: unknown, name: string, code?: string) =>
  desk.refuses(() => desk.register(document), badMetadata(name, code));

const TYPES: Record<string, unknown> = {
  string: 'x',
  number: 7,
  boolean: true,
  array: ['x'],
  object: { x: 1 },
};
const MEMBERS: Record<string, readonly string[]> = {
  string: [
    'token_endpoint_auth_method', 'token_endpoint_auth_signing_alg', 'jwks_uri', 'scope', 'client_name', 'client_uri',
    'logo_uri', 'tos_uri', 'policy_uri', 'software_id', 'software_version', 'introspection_signed_response_alg',
    'introspection_encrypted_response_alg', 'introspection_encrypted_response_enc', 'software_statement',
  ],
  array: ['grant_types', 'response_types', 'contacts', 'redirect_uris'],
  object: ['jwks'],
  boolean: ['dpop_bound_access_tokens', 'tls_client_certificate_bound_access_tokens'],
}; // prettier-ignore
const CODES: Record<string, string> = {
  redirect_uris: 'invalid_redirect_uri',
  software_statement: 'invalid_software_statement',
};

const WRONG_TYPES = Object.entries(MEMBERS).flatMap(([type, names]) =>
  names.flatMap((name) =>
    Object.entries(TYPES).flatMap(([other, value]) =>
      other === type ? [] : [[name, other, value] as const],
    ),
  ),
);
const WRONG_ELEMENTS = ['grant_types', 'contacts', 'redirect_uris', 'response_types'].flatMap((name) =>
  [7, true, null, [], ['x'], {}].map((element) => [name, element] as const),
);

describe('types', () => {
  it.each(WRONG_TYPES)('DCR-012 %s must not be a JSON %s', async (name, _, value) => {
    await refuses({ [name]: value }, name, CODES[name]);
  });

  it.each(WRONG_ELEMENTS)('DCR-012 %s must not have the element %j', async (name, element) => {
    await refuses({ [name]: [element] }, name, CODES[name]);
  });

  it.each(Object.values(MEMBERS).flat())('DCR-012 %s: null is omitted', async (name) => {
    const client = await desk.registered({ [name]: null });
    const plain = await desk.registered();
    expect(Object.keys(client)).toEqual(Object.keys(plain));
    expect({ ...client, ...different }).toEqual({ ...plain, ...different });
  });
});

/** What differs between any two clients. */
const different = {
  client_id: '',
  client_secret: '',
  registration_access_token: '',
  registration_client_uri: '',
};

describe('unknown members', () => {
  it('DCR-005 are ignored, and not echoed', async () => {
    const unknown = {
      x: 1,
      'client_name#ja': '名',
      require_pushed_authorization_requests: true,
      application_type: 'web',
      sector_identifier_uri: 'http://169.254.169.254/',
      '': 'empty',
      legacy_assertion_audience: true,
      client_secret_hash: '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA',
    };
    const client = await desk.registered({ ...unknown, client_name: 'a' });
    for (const name of Object.keys(unknown)) expect(Object.keys(client)).not.toContain(name);
    expect(desk.fetcher.asked).toEqual([]);
    const stored = await desk.kit.admin.clients.get(client.client_id);
    expect(stored.information).toEqual({ client_name: 'a' });
    expect(stored.legacyAssertionAudience).toBeUndefined();
    expect(await desk.scopeOf(client)).toBe('read');
  });

  it.each([
    'client_id', 'client_secret', 'client_secret_expires_at', 'client_id_issued_at', 'registration_access_token',
    'registration_client_uri',
  ])('DCR-010 a requested %s is not honoured', async (name) => {
    for (const value of ['chosen-by-the-client-chosen-by-the-client', 1, null, ['x'], {}]) {
      const client = await desk.registered({ [name]: value });
      expect(client[name]).not.toEqual(value);
    }
    expect(desk.stored()).not.toContain('chosen-by-the-client');
  }); // prettier-ignore

  it('DCR-010 a client cannot take the id of another', async () => {
    const first = await desk.registered();
    const second = await desk.registered({ client_id: first.client_id, client_secret: first.client_secret });
    expect(second.client_id).not.toBe(first.client_id);
    expect(await desk.scopeOf(first)).toBe('read');
    expect(await desk.tokenError({ ...second, client_secret: first.client_secret ?? '' })).toBe(
      'invalid_client',
    );
  });
});

describe('texts', () => {
  const LONG = 'x'.repeat(1001);

  it.each(['client_name', 'software_id', 'software_version'])('DCR-019 %s is limited', async (name) => {
    for (const bad of [
      '',
      LONG,
      'a\u0000b',
      'a\nb',
      'a\u001b[31m',
      'a\u007f',
      'a\u0085b',
      '\r\nSet-Cookie: a=b',
    ]) {
      await refuses({ [name]: bad }, name);
      await refuses({ contacts: ['a', bad] }, 'contacts');
    }
    const good = { [name]: 'é"<script>\\'.repeat(90), contacts: ['x'.repeat(1000)] };
    expect(await desk.registered(good)).toMatchObject(good);
  });

  it('DCR-019 there are limits to what they amount to together', async () => {
    await refuses({ contacts: Array.from({ length: 21 }, (_, index) => `c${index}`) }, 'contacts');
    const texts = Array.from({ length: 20 }, (_, index) => `${index} ${'x'.repeat(900)}`);
    await refuses({ contacts: texts }, '8192');
    const fewer = { contacts: texts.slice(0, 8) };
    expect(await desk.registered(fewer)).toMatchObject(fewer);
  });

  it.each(['client_uri', 'logo_uri', 'tos_uri', 'policy_uri'])(
    'threat 14 %s is a web address',
    async (name) => {
      for (const bad of [
      '', 'x', 'javascript:alert(1)', 'JAVASCRIPT:alert(1)', 'data:text/html,x', 'file:///etc/passwd', '//a.example',
      'https://', 'ftp://a.example/', 'https://a.example/\n', 'https://a.example/ b', 'vbscript:x', 'java\nscript:alert(1)',
      `https://a.example/${'x'.repeat(1_000_000)}`,
    ]) await refuses({ [name]: bad }, name); // prettier-ignore
      for (const good of ['https://a.example/b?c=d', 'http://localhost:3000/x']) {
        expect((await desk.registered({ [name]: good }))[name]).toBe(good);
      }
      expect(desk.fetcher.asked).toEqual([]);
    },
  );
});

describe('methods, grants and response types', () => {
  it.each<[string, Members]>([
    ['token_endpoint_auth_method', { token_endpoint_auth_method: 'none' }],
    [
      'token_endpoint_auth_method',
      { token_endpoint_auth_method: 'none', grant_types: ['client_credentials'] },
    ],
    ['token_endpoint_auth_method', { token_endpoint_auth_method: 'none', grant_types: [] }],
    ['token_endpoint_auth_method', { token_endpoint_auth_method: 'tls_client_auth' }],
    ['token_endpoint_auth_method', { token_endpoint_auth_method: 'CLIENT_SECRET_BASIC' }],
    ['token_endpoint_auth_method', { token_endpoint_auth_method: '' }],
    ['token_endpoint_auth_method', { token_endpoint_auth_method: '__proto__' }],
    ['token_endpoint_auth_method', { token_endpoint_auth_method: 'client_secret_jwt' }],
    ['grant_types', { grant_types: ['authorization_code'] }],
    ['grant_types', { grant_types: ['client_credentials', 'refresh_token'] }],
    ['grant_types', { grant_types: ['client_credentials', 'client_credentials'] }],
    ['grant_types', { grant_types: ['constructor'] }],
    ['grant_types', { grant_types: ['urn:ietf:params:oauth:grant-type:device_code'] }],
    ['response_types', { response_types: ['code'] }],
    ['response_types', { response_types: ['token', 'none'] }],
    ['dpop_bound_access_tokens', { dpop_bound_access_tokens: true }],
    ['tls_client_certificate_bound_access_tokens', { tls_client_certificate_bound_access_tokens: true }],
  ])('DCR-004 DCR-007 DCR-009 DCR-020 threat 13 %s is refused in %j', async (name, document) => {
    await refuses(document, name);
  });

  it('DCR-006 DCR-007 DCR-020 defaults are told, and what they replace', async () => {
    expect(await desk.registered({ response_types: [], dpop_bound_access_tokens: false })).toMatchObject({
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      response_types: [],
      scope: 'read',
    });
  });

  it('DCR-001 a client of no grants is registered, and gets no token', async () => {
    const client = await desk.registered({ grant_types: [] });
    expect(client['grant_types']).toEqual([]);
    expect(await desk.tokenError(client)).toBe('unauthorized_client');
  });

  it.each(['', ' ', 'read  write', ' read', 'read ', 'read\twrite', 'read\u0000', 'rea"d', 're\\ad', 'é', 'read\nwrite'])(
    'DCR-004 the scope %j is refused',
    async (scope) => {
      await refuses({ scope }, 'scope');
    },
  ); // prettier-ignore

  it('DCR-019 a long scope is refused in few words', async () => {
    const scope = Array.from({ length: 20_000 }, (_, index) => `s${index}`).join(' ');
    await refuses({ scope }, 'scope');
    await refuses({ scope: `read ${'x'.repeat(100_000)}` }, 'scope');
  });
});

describe('redirect_uris', () => {
  it.each<[string, unknown]>([
    ['a text', 'https://a.example/cb'],
    ['an object', { 0: 'https://a.example/cb' }],
    ['a relative one', ['/cb']],
    ['an empty one', ['']],
    ['one with a fragment', ['https://a.example/cb#x']],
    ['one with an empty fragment', ['https://a.example/cb#']],
    ['a script', ['javascript:alert(1)']],
    ['a script in capitals', ['JavaScript:alert(1)']],
    ['data', ['data:text/html,x']],
    ['a file', ['file:///etc/passwd']],
    ['a blob', ['blob:https://a.example/x']],
    ['a space', ['https://a.example/ cb']],
    ['a line break', ['https://a.example/\ncb']],
    ['a bad one behind a good one', ['https://a.example/cb', 'javascript:1']],
  ])('DCR-004 threat 14 %s is invalid_redirect_uri', async (_, uris) => {
    await refuses({ redirect_uris: uris }, 'redirect_uris', 'invalid_redirect_uri');
  });

  it('DCR-007 good ones are of no use here, and are not registered', async () => {
    for (const uris of [[], ['https://a.example/cb', 'com.example.app:/cb']]) {
      expect(await desk.registered({ redirect_uris: uris })).not.toHaveProperty('redirect_uris');
    }
  });
});

describe('keys', () => {
  const symmetric = { kty: 'oct', k: 'aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMg' };

  it.each<[string, Members]>([
    ['a private EC key', EC.privateJwk],
    ['a private RSA key', RSA.privateJwk],
    ['a private Ed25519 key', ED.privateJwk],
    ['an RSA key with a prime alone', { ...RSA.jwk, p: RSA.privateJwk['p'] }],
    ['a symmetric key', symmetric],
  ])('DCR-008 threat 14 threat 15 %s is refused, with every method, and not repeated', async (_, key) => {
    for (const [index, keys] of [[key], [ED.jwk, key]].entries()) {
      for (const method of ['private_key_jwt', 'client_secret_basic', 'client_secret_post']) {
        const document = { token_endpoint_auth_method: method, jwks: { keys } };
        const { description } = await refuses(document, `jwks.keys[${index}]`);
        for (const part of ['d', 'p', 'k'].flatMap((name) => key[name] ?? [])) {
          expect(description).not.toContain(part);
        }
      }
    }
  });

  it.each<[string, Members, string]>([
    ['both jwks and jwks_uri', { jwks: KEYS, jwks_uri: 'https://keys.example/' }, 'jwks and jwks_uri'],
    [
      'V-DCR-2 an empty set beside jwks_uri',
      { jwks: { keys: [] }, jwks_uri: 'https://keys.example/' },
      'jwks',
    ],
    ['neither', {}, 'jwks or jwks_uri'],
    ['both null', { jwks: null, jwks_uri: null }, 'jwks or jwks_uri'],
    ['no keys', { jwks: { keys: [] } }, 'jwks'],
    ['keys: null', { jwks: { keys: null } }, 'jwks'],
    ['a key, no set', { jwks: EC.jwk }, 'jwks'],
    ['null among them', { jwks: { keys: [EC.jwk, null] } }, 'jwks'],
    ['a text among them', { jwks: { keys: ['x'] } }, 'jwks'],
    ['1000 keys', { jwks: { keys: Array.from({ length: 1000 }, () => EC.jwk) } }, 'jwks'],
    ['a key of a megabyte', { jwks: { keys: [{ ...EC.jwk, x: 'A'.repeat(1_000_000) }] } }, 'jwks'],
    ['a point off the curve', { jwks: { keys: [{ ...EC.jwk, y: EC.jwk['x'] }] } }, 'jwks.keys[0]'],
    ['a kty of an object', { jwks: { keys: [{ ...EC.jwk, kty: {} }] } }, 'jwks'],
    ['another algorithm', { jwks: KEYS, token_endpoint_auth_signing_alg: 'RS256' }, 'jwks'],
    ['HS256', { jwks: KEYS, token_endpoint_auth_signing_alg: 'HS256' }, 'token_endpoint_auth_signing_alg'],
    ['alg none', { jwks: KEYS, token_endpoint_auth_signing_alg: 'none' }, 'token_endpoint_auth_signing_alg'],
  ])('DCR-008 private_key_jwt with %s is refused', async (_, members, name) => {
    await refuses({ ...SIGNS, ...members }, name);
  });

  it.each([
    'http://keys.example/', 'http://127.0.0.1/', 'file:///etc/passwd', 'data:application/json,{}', 'javascript:alert(1)',
    'ftp://keys.example/', 'https://user:pw@keys.example/', 'https://user@keys.example/', 'https://keys.example/#',
    'https://keys.example/#x', 'https://127.0.0.1/', 'https://10.0.0.1/', 'https://8.8.8.8/', 'https://169.254.169.254/latest',
    'https://[::1]/', 'https://[::ffff:169.254.169.254]/', 'https://[fd00::1]/', 'https://0.0.0.0/', 'https://0/',
    'https://2130706433/', 'https://0177.0.0.1/', 'https://0x7f000001/', 'https://127.1/', 'https://localhost/',
    'https://x.localhost/', 'https://keys.example\\@127.0.0.1/', 'https://keys.example/ x', '/jwks', '//keys.example/', '',
  ])('DCR-019 threat 14 the jwks_uri %j is refused with every method, and nothing is fetched', async (uri) => {
    await refuses({ ...SIGNS, jwks_uri: uri }, 'jwks_uri');
    await refuses({ jwks_uri: uri }, 'jwks_uri');
  }); // prettier-ignore

  it('DCR-019 V-DCR-1 a good jwks_uri is registered and not fetched', async () => {
    const client = await desk.registered({
      grant_types: ['client_credentials'],
      ...SIGNS,
      jwks_uri: 'https://client.example/jwks',
    });
    expect(desk.fetcher.asked).toEqual([]);
    expect(client).toEqual({
      client_id: expect.any(String) as string,
      client_id_issued_at: desk.kit.clock.time,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: 'https://client.example/jwks',
      grant_types: ['client_credentials'],
      response_types: [],
      scope: 'read',
      registration_access_token: expect.any(String) as string,
      registration_client_uri: `${ISSUER}/oauth/register/${client.client_id}`,
    });
  });

  it('threat 26 __proto__ in a key is refused, constructor is a member like others', async () => {
    const key = JSON.stringify(EC.jwk).slice(1, -1);
    const set = (more: string) =>
      `{"token_endpoint_auth_method":"private_key_jwt","jwks":{"keys":[{${key},${more}}]}}`;
    await refuses(set('"__proto__":{"d":"x"}'), '__proto__');
    await desk.registered(set('"constructor":{"prototype":{"polluted":1}}'));
    expect(({} as Members)['polluted']).toBeUndefined();
  });
});
