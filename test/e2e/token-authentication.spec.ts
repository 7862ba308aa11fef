import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { basic } from '../support/echo.js';
import { HTTP_ADAPTERS } from '../support/sample-app.js';
import { expectError, expectToken, GRANT, openServer, rawBasic, type Server } from './support/server.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const form = (values: Record<string, string>) => new URLSearchParams(values).toString();
const byPost = (id: string, secret: string) => `${GRANT}&${form({ client_id: id, client_secret: secret })}`;

describe.each(HTTP_ADAPTERS)('client authentication on %s', (httpAdapter) => {
  let server: Server;

  beforeAll(async () => {
    server = await openServer({ httpAdapter });
  });

  afterAll(() => server.close());

  afterEach(() => server.serves());

  it('TOK-027 refuses a public client', async () => {
    const metadata = { token_endpoint_auth_method: 'none', grant_types: ['client_credentials'] };
    await expect(server.register(metadata)).rejects.toThrow(/token_endpoint_auth_method/);
    const client = await server.register({ ...metadata, grant_types: [] });
    const answer = await server.token(`${GRANT}&client_id=${client.id}`, {});
    expectError(answer, [400, 401], answer.status === 401 ? 'invalid_client' : 'unauthorized_client');
    expectError(await server.token(byPost(client.id, 'x'), {}), 401, 'invalid_client');
  });

  it('TOK-028 refuses a confidential client that sends only its client_id', async () => {
    expectError(await server.token(`${GRANT}&client_id=${server.client.id}`, {}), 401, 'invalid_client');
    expectError(await server.token(`${GRANT}&client_id=${server.postClient.id}`, {}), 401, 'invalid_client');
    const empty = `${GRANT}&client_id=${server.postClient.id}&client_secret=`;
    expectError(await server.token(empty, {}), 401, 'invalid_client');
    expectError(await server.token(GRANT, rawBasic(`${server.client.id}:`)), 401, 'invalid_client');
  });

  it('TOK-029 refuses a request without credentials', async () => {
    expectError(await server.token(GRANT, {}), 401, 'invalid_client');
    expectError(await server.token(`${GRANT}&client_secret=x`, {}), 401, 'invalid_client');
  });

  it.each([
    ['TOK-030', 'client:id', 'p@ss:w%rd+ €£'],
    ['TOK-030', 'a=b&c', '?#[]@!$&\'()*+,;="\\%'],
    ['TOK-031', 'plus+id', 'S3cr+t &=?'],
    ['TOK-030', 'emoji', 'k🔑y é ü 日本'],
    ['TOK-030', ' id with spaces ', ' secret with spaces '],
  ])('%s decodes the form-encoded halves of %j / %j', async (_, id, secret) => {
    const client = await server.register({ client_id: id, client_secret: secret });
    expectToken(await server.token(GRANT, client.basic));
  });

  it.each([
    ['TOK-030', 'raw:id', 'secret'],
    ['TOK-030', 'raw', 'p@ss:w%rd+'],
    ['TOK-031', 'raw-plus', 'S3cr+t &=?'],
    ['TOK-031', 'raw-percent', 'a%2Bb'],
  ])('%s does not take the halves of %j / %j as they are', async (_, id, secret) => {
    const client = await server.register({ client_id: id, client_secret: secret });
    expectError(await server.token(GRANT, rawBasic(`${id}:${secret}`)), 401, 'invalid_client');
    expectToken(await server.token(GRANT, client.basic));
  });

  it('TOK-030 takes the same characters by post', async () => {
    const [id, secret] = ['client:id 2', 'p@ss:w%rd+ €£'];
    await server.register({
      client_id: id,
      client_secret: secret,
      token_endpoint_auth_method: 'client_secret_post',
    });
    expectToken(await server.token(byPost(id, secret), {}));
  });

  it('TOK-032 splits at the first colon only', async () => {
    await server.register({ client_id: 'colons', client_secret: 'a:b:c' });
    expectToken(await server.token(GRANT, rawBasic('colons:a:b:c')));
    expectToken(await server.token(GRANT, basic('colons', 'a:b:c')));
    expectError(await server.token(GRANT, rawBasic('colons:a')), 401, 'invalid_client');
    expectError(await server.token(GRANT, rawBasic('colons:a:b')), 401, 'invalid_client');
  });

  it('TOK-033 refuses an unencoded percent sign', async () => {
    await server.register({ client_id: 'percent', client_secret: '50%off' });
    expectError(await server.token(GRANT, rawBasic('percent:50%off')), 401, 'invalid_client');
    expectToken(await server.token(GRANT, basic('percent', '50%off')));
  });

  it.each([
    ['invalid UTF-8 in percent-encoding', rawBasic('s6BhdRkqt3:%FF%FE').authorization],
    ['invalid UTF-8 in the id', rawBasic('%FF:gX1fBat3bV').authorization],
    ['a raw byte 0xFF', rawBasic(Buffer.from([0x61, 0x3a, 0xff])).authorization],
    ['an overlong encoding', rawBasic('%C0%AFs6BhdRkqt3:gX1fBat3bV').authorization],
    ['a surrogate', rawBasic('s6BhdRkqt3:%ED%A0%80').authorization],
    ['a byte order mark', rawBasic('\ufeffs6BhdRkqt3:gX1fBat3bV').authorization],
  ])('TOK-034 refuses %s', async (_, authorization) => {
    expectError(await server.token(GRANT, { authorization }), 401, 'invalid_client');
  });

  it.each(['basic', 'BASIC', 'bAsIc'])('TOK-035 takes the scheme as %s', async (scheme) => {
    expectToken(await server.token(GRANT, { authorization: `${scheme} ${base64('s6BhdRkqt3:gX1fBat3bV')}` }));
  });

  it.each(['Basic  ', 'Basic    ', ' Basic '])('TOK-036 takes the spaces of "%s"', async (start) => {
    expectToken(await server.token(GRANT, { authorization: `${start}${base64('s6BhdRkqt3:gX1fBat3bV')} ` }));
  });

  it.each([
    'Basic !!!',
    'Basic',
    'Basic ',
    '',
    'Basic =',
    'Basic ====',
    `Basic ${base64('no colon')}`,
    `Basic ${base64('')}`,
    `Basic ${base64(':')}`,
    `Basic ${base64(':secret')}`,
    `Basic ${base64('id:')}`,
    'Basic %',
    `Basic ${base64('s6BhdRkqt3:gX1fBat3bV')}, Basic x`,
    `Basic ${base64('s6BhdRkqt3:gX1fBat3bV')} x`,
    `Basic\t${base64('s6BhdRkqt3:gX1fBat3bV')}`,
    `Basic${base64('s6BhdRkqt3:gX1fBat3bV')}`,
    `Basic "${base64('s6BhdRkqt3:gX1fBat3bV')}"`,
    base64('s6BhdRkqt3:gX1fBat3bV'),
  ])('TOK-037 refuses the malformed "%s"', async (authorization) => {
    expectError(await server.token(GRANT, { authorization }), 401, 'invalid_client');
  });

  it('TOK-038 takes base64 without padding and refuses the URL-safe alphabet', async () => {
    const secret = '>>>???~~~.';
    await server.register({ client_id: 'alphabet', client_secret: secret });
    const standard = base64(`alphabet:${secret}`);
    expect(standard).toMatch(/[+/]/);
    expect(standard).toMatch(/=$/);
    const unpadded = standard.replace(/=+$/, '');
    expectToken(await server.token(GRANT, { authorization: `Basic ${unpadded}` }));
    expectToken(await server.token(GRANT, { authorization: `Basic ${standard}` }));
    const urlSafe = standard.replaceAll('+', '-').replaceAll('/', '_');
    expectError(await server.token(GRANT, { authorization: `Basic ${urlSafe}` }), 401, 'invalid_client');
  });

  it.each(['Bearer x', 'Digest username="a"', 'Negotiate abc', 'DPoP x', 'foo', 'Bearer'])(
    'TOK-039 does not ignore Authorization: %s',
    async (authorization) => {
      expectError(await server.token(GRANT, { authorization }), 401, 'invalid_client');
      const withBody = await server.token(`${GRANT}&${server.postClient.post}`, { authorization });
      expectError(withBody, 401, 'invalid_client');
    },
  );

  it('TOK-040 refuses Basic together with client_secret', async () => {
    const { client, postClient } = server;
    expectError(await server.token(`${GRANT}&${client.post}`), 400, 'invalid_request');
    expectError(await server.token(`${GRANT}&${postClient.post}`, postClient.basic), 400, 'invalid_request');
    expectError(await server.token(`${GRANT}&client_secret=wrong`), 400, 'invalid_request');
  });

  const assertion = form({
    client_assertion: 'a.b.c',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  });
  it('TOK-041 refuses an assertion together with a secret', async () => {
    expectError(await server.token(`${GRANT}&${assertion}`), 400, 'invalid_request');
    expectError(await server.token(`${GRANT}&client_assertion=a.b.c`), 400, 'invalid_request');
    expectError(
      await server.token(`${GRANT}&${assertion}&${server.postClient.post}`, {}),
      400,
      'invalid_request',
    );
  });

  it('TOK-042 takes Basic with the same client_id in the body', async () => {
    expectToken(await server.token(`${GRANT}&client_id=${server.client.id}`));
  });

  it('TOK-043 refuses Basic with another client_id in the body', async () => {
    for (const id of [server.postClient.id, 'unknown', 'S6BhdRkqt3', 's6BhdRkqt3 ']) {
      expectError(await server.token(`${GRANT}&${form({ client_id: id })}`), 400, 'invalid_request');
    }
  });

  it('TOK-044 TOK-046 challenges a wrong secret sent by Basic, once', async () => {
    const answer = await server.token(GRANT, basic(server.client.id, 'wrong'));
    expectError(answer, 401, 'invalid_client');
    const challenges = answer.rawHeaders.filter((name) => name.toLowerCase() === 'www-authenticate');
    expect(challenges).toHaveLength(1);
    expect(answer.headers['www-authenticate']).toMatch(/^Basic realm="[\x20-\x21\x23-\x5b\x5d-\x7e]+"$/);
  });

  it('TOK-045 challenges a wrong secret sent in the body', async () => {
    expectError(await server.token(byPost(server.postClient.id, 'wrong'), {}), 401, 'invalid_client');
  });

  it('TOK-049 accepts the registered method only', async () => {
    const { client, postClient } = server;
    expectError(await server.token(`${GRANT}&${client.post}`, {}), 401, 'invalid_client');
    expectError(await server.token(GRANT, postClient.basic), 401, 'invalid_client');
    expectToken(await server.token(`${GRANT}&${postClient.post}`, {}));
  });

  it('TOK-050 TOK-052 TOK-054 gives every refused client the same bytes', async () => {
    const past = Math.floor(Date.now() / 1000) - 1;
    const expired = await server.register({ client_secret_expires_at: past });
    const [disabled, deleted] = [await server.register(), await server.register()];
    await server.admin.clients.disable(disabled.id);
    await server.admin.clients.delete(deleted.id);
    const answers = [
      await server.token(GRANT, basic('nobody', 'wrong')),
      await server.token(GRANT, basic(server.client.id, 'wrong')),
      await server.token(GRANT, server.postClient.basic),
      await server.token(GRANT, expired.basic),
      await server.token(GRANT, disabled.basic),
      await server.token(GRANT, deleted.basic),
      await server.token(byPost(server.client.id, server.client.secret), {}),
    ];
    const seen = answers.map(({ status, rawHeaders, text }) => {
      const at = rawHeaders.indexOf('Date');
      return { status, text, headers: rawHeaders.filter((_, index) => index !== at + 1) };
    });
    for (const answer of answers) expectError(answer, 401, 'invalid_client');
    for (const each of seen) expect(each).toEqual(seen[0]);
  });

  it('TOK-052 takes a secret that has not expired yet', async () => {
    const client = await server.register({ client_secret_expires_at: Math.floor(Date.now() / 1000) + 3600 });
    expectToken(await server.token(GRANT, client.basic));
  });

  it.each(['\0', ' ', '\n', '\t', '\u00a0', 'x', '\u200b'])(
    'TOK-050 compares the whole secret: with %j behind it, it is wrong',
    async (tail) => {
      const { client, postClient } = server;
      expectError(await server.token(GRANT, basic(client.id, client.secret + tail)), 401, 'invalid_client');
      const answer = await server.token(byPost(postClient.id, postClient.secret + tail), {});
      expectError(answer, [400, 401], answer.status === 401 ? 'invalid_client' : 'invalid_request');
    },
  );

  it('TOK-050 compares a long secret to its end', async () => {
    const client = await server.register({ client_secret: 'x'.repeat(128) });
    expectToken(await server.token(GRANT, client.basic));
    for (const length of [72, 64, 127]) {
      expectError(await server.token(GRANT, basic(client.id, 'x'.repeat(length))), 401, 'invalid_client');
    }
    expectError(await server.token(GRANT, basic(client.id, 'X'.repeat(128))), 401, 'invalid_client');
  });

  it('TOK-050 compares the whole client_id', async () => {
    const { id, secret } = server.client;
    for (const other of [
      id.toUpperCase(),
      id.toLowerCase(),
      `${id} `,
      ` ${id}`,
      `${id}\0`,
      id.slice(0, -1),
      `${id}%`,
    ]) {
      expectError(await server.token(GRANT, basic(other, secret)), 401, 'invalid_client');
    }
  });

  it('TOK-053 keeps several live secrets through a rotation', async () => {
    const client = await server.register();
    expectToken(await server.token(GRANT, client.basic));
    const { issued } = await server.admin.secrets.rotate(client.id, 600);
    expectToken(await server.token(GRANT, basic(client.id, issued.secret)));
    expectToken(await server.token(GRANT, client.basic));
  });

  it('TOK-055 refuses ids and secrets of other bytes at registration', async () => {
    for (const client_id of ['é', 'a\nb', 'a\0b', '', 'x'.repeat(256)]) {
      await expect(server.register({ client_id }), JSON.stringify(client_id)).rejects.toThrow(/client_id/);
    }
    for (const client_secret of ['a\nb', 'a\0b', '', '\u007f']) {
      await expect(server.register({ client_secret }), JSON.stringify(client_secret)).rejects.toThrow(
        /client_secret/,
      );
    }
  });

  it.each(['é', 'a\nb', 'a\0b', 'x'.repeat(256), '__proto__', 'constructor', "' OR 1=1 --", '%', '*'])(
    'TOK-055 ROB-005 refuses the client_id %j',
    async (id) => {
      expectError(await server.token(GRANT, basic(id, 'x')), 401, 'invalid_client');
      const answer = await server.token(byPost(id, 'x'), {});
      expectError(answer, [400, 401], answer.status === 401 ? 'invalid_client' : 'invalid_request');
    },
  );
});
