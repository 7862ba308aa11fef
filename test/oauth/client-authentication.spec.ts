import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, echo, formRequest, openKit, type Kit } from '../support/echo.js';
import { granted, GRANT, refused, register, rendered, type Registered } from './support.js';

let kit: Kit;
let client: Registered;
let poster: Registered;

beforeAll(async () => {
  kit = await openKit({ realm: "the server's realm" });
  client = await register(kit);
  poster = await register(kit, { token_endpoint_auth_method: 'client_secret_post' });
});

afterAll(() => kit.close());

const CHALLENGE = `Basic realm="the server's realm"`;
const raw = (text: string | Buffer) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

async function invalidClient(
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<void> {
  const failure = refused(await kit.token({ ...GRANT, ...form }, headers));
  expect(failure).toMatchObject({ status: 401, code: 'invalid_client' });
  expect(failure.headers).toEqual({
    'Cache-Control': 'no-store',
    Pragma: 'no-cache',
    'WWW-Authenticate': CHALLENGE,
  });
}

describe('other schemes', () => {
  it.each([
    'Bearer x',
    'Digest username="x"',
    'DPoP x',
    'Basicx eA==',
    'Bearer',
    '',
    'Negotiate a,Basic eDp5',
  ])('TOK-039 Authorization: %s is refused, also beside valid body credentials', async (authorization) => {
    await invalidClient({}, { authorization });
    await invalidClient({ client_id: poster.id, client_secret: poster.secret }, { authorization });
  });
});

describe('two methods at once', () => {
  it('threat 23 TOK-040 Basic and client_secret', async () => {
    const failure = refused(await kit.token({ ...GRANT, client_secret: client.secret }, client.basic));
    expect(failure).toMatchObject({ status: 400, code: 'invalid_request' });
    const both = { ...GRANT, client_id: client.id, client_secret: client.secret };
    expect(refused(await kit.token(both, client.basic))).toMatchObject({
      status: 400,
      code: 'invalid_request',
    });
  });

  it.each(['client_assertion', 'client_assertion_type'])(
    'threat 23 TOK-041 Basic or client_secret and %s',
    async (name) => {
      const basicAnd = refused(await kit.token({ ...GRANT, [name]: 'x' }, client.basic));
      expect(basicAnd).toMatchObject({ status: 400, code: 'invalid_request' });
      const post = { ...GRANT, client_id: poster.id, client_secret: poster.secret, [name]: 'x' };
      expect(refused(await kit.token(post))).toMatchObject({ status: 400, code: 'invalid_request' });
    },
  );
});

describe('client_id', () => {
  it('TOK-042 the same value beside Basic is no second method', async () => {
    expect(granted(await kit.token({ ...GRANT, client_id: client.id }, client.basic)).scope).toBe('read');
  });

  it('threat 22 TOK-043 another value beside Basic is refused, whoever is right', async () => {
    const others = [poster.id, client.id.toUpperCase(), `${client.id} `, 'nobody'];
    for (const id of others) {
      const failure = refused(await kit.token({ ...GRANT, client_id: id }, client.basic));
      expect(failure).toMatchObject({ status: 400, code: 'invalid_request' });
      expect(refused(await kit.token({ ...GRANT, client_id: id }, basic(client.id, 'wrong'))).code).toBe(
        'invalid_request',
      );
    }
  });

  it('TOK-028 TOK-029 no secret, and nothing at all', async () => {
    await invalidClient({ client_id: client.id });
    await invalidClient({ client_id: poster.id });
    await invalidClient({ client_secret: poster.secret });
    await invalidClient({});
  });
});

describe('the registered method', () => {
  it('TOK-049 is the only one', async () => {
    expect(
      granted(await kit.token({ ...GRANT, client_id: poster.id, client_secret: poster.secret })).scope,
    ).toBe('read');
    await invalidClient({ client_id: client.id, client_secret: client.secret });
    await invalidClient({}, poster.basic);
  });

  it('threat 13 TOK-027 a client without a secret gets none by any way', async () => {
    const exchange = ['urn:ietf:params:oauth:grant-type:token-exchange'];
    const publicClient = { token_endpoint_auth_method: 'none', grant_types: exchange };
    const { client: open } = await kit.admin.clients.create(publicClient);
    for (const secret of ['', 'x', 'undefined', 'null']) {
      await invalidClient({ client_id: open.id, client_secret: secret });
      await invalidClient({}, raw(`${open.id}:${secret}`));
    }
    await expect(kit.admin.clients.create({ token_endpoint_auth_method: 'none' })).rejects.toMatchObject({
      code: 'invalid_client_metadata',
    });
  });
});

describe('TOK-044 TOK-045 TOK-046 a wrong secret', () => {
  it('is 401 with one Basic challenge, by header and by body', async () => {
    await invalidClient({}, basic(client.id, 'wrong'));
    await invalidClient({ client_id: poster.id, client_secret: 'wrong' });
  });

  it.each(['\u0000', '\n', ' ', 'x', '\u0000\u0000', '='])(
    'threat 19 threat 20 the secret followed by %j',
    async (more) => {
      await invalidClient({}, basic(client.id, client.secret + more));
      await invalidClient({ client_id: poster.id, client_secret: poster.secret + more });
      await invalidClient({}, basic(client.id, more + client.secret));
    },
  );

  it('threat 19 a part of the secret, another case of it, the digest of it', async () => {
    for (const secret of [
      client.secret.slice(0, -1),
      client.secret.slice(1),
      client.client.secrets[0]?.digest ?? '',
    ]) {
      await invalidClient({}, basic(client.id, secret));
    }
    await invalidClient({}, basic(client.id, client.secret.toLowerCase()));
    await invalidClient({}, basic(client.id, poster.secret));
    await invalidClient({}, basic(`${client.id} `, client.secret));
  });
});

describe('TOK-050 threat 21 one answer for every reason', () => {
  it('unknown, wrong, expired, disabled, deleted, wrong method: the same bytes', async () => {
    const expired = await register(kit, { client_secret_expires_at: kit.clock.now() - 1 });
    const disabled = await register(kit);
    await kit.admin.clients.disable(disabled.id);
    const deleted = await register(kit);
    await kit.admin.clients.delete(deleted.id);
    const headers = [
      basic('nobody', 'wrong'),
      basic(client.id, 'wrong'),
      expired.basic,
      basic(expired.id, 'wrong'),
      disabled.basic,
      basic(disabled.id, 'wrong'),
      deleted.basic,
      poster.basic,
      raw('no colon'),
      { authorization: 'Basic !!!' },
      { authorization: 'Bearer x' },
    ];
    const bodies = [
      { client_id: 'nobody', client_secret: 'wrong' },
      { client_id: poster.id, client_secret: 'wrong' },
      { client_id: client.id, client_secret: client.secret },
      {},
    ];
    const answers = [
      ...(await Promise.all(headers.map((each) => kit.token(GRANT, each)))),
      ...(await Promise.all(bodies.map((each) => kit.token({ ...GRANT, ...each })))),
    ].map((outcome) => rendered(refused(outcome)));
    expect(answers).toHaveLength(15);
    expect(new Set(answers).size).toBe(1);
  });
});

describe('Basic, taken apart', () => {
  it('threat 18 TOK-030 TOK-031 TOK-032 halves are form-decoded after the split at the first colon', async () => {
    const odd = await register(kit, { client_id: 'client:id', client_secret: 'p@ss:w%rd+ €£' });
    expect(granted(await kit.token(GRANT, odd.basic)).scope).toBe('read');
    await register(kit, { client_id: 'colons', client_secret: 'a:b:c' });
    expect(granted(await kit.token(GRANT, raw('colons:a:b:c'))).scope).toBe('read');
    await register(kit, { client_id: 'plus', client_secret: 'a+b' });
    await invalidClient({}, raw('plus:a+b'));
    expect(granted(await kit.token(GRANT, raw('plus:a%2Bb'))).scope).toBe('read');
    await register(kit, { client_id: 'percent', client_secret: '50%off' });
    await invalidClient({}, raw('percent:50%off'));
    expect(granted(await kit.token(GRANT, basic('percent', '50%off'))).scope).toBe('read');
  });

  it.each([
    ['no base64', { authorization: 'Basic !!!' }],
    ['nothing', { authorization: 'Basic' }],
    ['nothing after a space', { authorization: 'Basic ' }],
    ['no colon', raw('abc')],
    ['empty halves', raw(':')],
    ['no id', raw(':secret')],
    ['a NUL', raw('id\u0000:x')],
    ['an escaped NUL', raw('id%00:x%00')],
    ['escapes that are no UTF-8', raw('%FF%FE:x')],
    ['bytes that are no UTF-8', raw(Buffer.from([0xff, 0x3a, 0x78]))],
    ['a lone surrogate', raw('%ED%A0%80:x')],
    ['base64url', { authorization: 'Basic _-8-:' }],
    ['two credentials', { authorization: 'Basic YTpi YTpi' }],
    ['100 KiB', raw(`a:${'b'.repeat(100_000)}`)],
  ])('threat 18 TOK-033 TOK-034 TOK-037 ROB-009 %s is 401, never 500', async (_, headers) => {
    await invalidClient({}, headers);
  });

  it('TOK-035 TOK-036 TOK-038 the scheme in any case, more spaces, no padding', async () => {
    const value = client.basic.authorization.slice('Basic '.length);
    for (const text of [
      `basic ${value}`,
      `BASIC ${value}`,
      `bAsIc ${value}`,
      `Basic   ${value}`,
      ` Basic ${value} `,
    ]) {
      expect(granted(await kit.token(GRANT, { authorization: text })).scope).toBe('read');
    }
    const unpadded = { authorization: `Basic ${value.replace(/=+$/, '')}` };
    expect(granted(await kit.token(GRANT, unpadded)).scope).toBe('read');
  });

  it('ROB-011 two Authorization headers are refused', async () => {
    const request = formRequest(GRANT, client.basic);
    const rawHeaders = [...(request.rawHeaders ?? []), 'AUTHORIZATION', client.basic.authorization];
    const failure = refused(await kit.oauth.token({ request: { ...request, rawHeaders } }, echo));
    expect(failure).toMatchObject({ status: 400, code: 'invalid_request' });
  });
});

describe('registration', () => {
  it.each(['é', 'a\u0000', 'a\n', '', 'x'.repeat(256), '\u007f', 'a\ud800'])(
    'TOK-055 the client_id %j is refused',
    async (id) => {
      await expect(register(kit, { client_id: id })).rejects.toMatchObject({
        code: 'invalid_client_metadata',
      });
      await invalidClient({}, basic(id, 'x'));
    },
  );

  it.each(['', 'a\u0000', 'a\nb', '\u007f', '\u0085', 'x'.repeat(1025)])(
    'TOK-055 the secret %j is refused',
    async (secret) => {
      await expect(register(kit, { client_secret: secret })).rejects.toMatchObject({
        code: 'invalid_client_metadata',
      });
      await invalidClient({}, basic(client.id, secret));
    },
  );
});
