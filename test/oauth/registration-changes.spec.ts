import { generateKeyPairSync, sign } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { ClientRegistration, OauthError, OauthModuleOptions } from 'nestjs-oauth-kit';
import { basic, bearer, openKit, registrationRequest, type Kit, type Registration } from '../support/echo.js';
import { faulty, GRANT, granted } from './support.js';

const TOKEN = 'initial-access-token-of-the-host-0123456789';
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one' }] };

let kit: Kit;

async function open(
  registration: OauthModuleOptions['registration'] = {},
  options: Partial<OauthModuleOptions> = {},
): Promise<Kit> {
  kit = await openKit({ registration: { initialAccessTokens: [TOKEN], ...registration }, ...options });
  return kit;
}

afterEach(() => kit.close());

function registered(outcome: Registration): ClientRegistration['document'] {
  if ('error' in outcome) throw new Error(`Refused: ${outcome.error.code} ${outcome.error.message}`);
  return outcome.success.document;
}

function refused(outcome: Registration): OauthError {
  if ('success' in outcome) throw new Error('A client was registered.');
  return outcome.error;
}

const register = async (document: unknown = {}) => registered(await kit.register(document, bearer(TOKEN)));

const update = (known: ClientRegistration['document'], document: Record<string, unknown> = {}) =>
  kit.updateClient(
    known.client_id,
    { client_id: known.client_id, ...document },
    bearer(known.registration_access_token),
  );

const secretsOf = async (id: string) => (await kit.admin.clients.get(id)).secrets;

function statement(claims: Record<string, unknown>, header: Record<string, unknown> = {}): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part({ alg: 'ES256', ...header })}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

describe('a change of the method (DCR-015)', () => {
  const encrypted = { keyEncryptionSecret: 'x'.repeat(40) };

  it('to private_key_jwt takes the secrets away, and back from it brings a new one', async () => {
    await open();
    const first = await register();
    const keys = { token_endpoint_auth_method: 'private_key_jwt', jwks };
    const second = registered(await update(first, keys));
    expect(second).not.toHaveProperty('client_secret');
    expect(second).toMatchObject(keys);
    expect(await secretsOf(first.client_id)).toEqual([]);
    const third = registered(await update(second));
    expect(third).not.toHaveProperty('jwks');
    expect(third.client_secret).toMatch(/^[\w-]{43}$/);
    granted(await kit.token(GRANT, basic(third.client_id, third.client_secret ?? '')));
  });

  it('to client_secret_jwt brings one that is kept encrypted, and from it the secret stays', async () => {
    await open({}, encrypted);
    const first = await register();
    const second = registered(await update(first, { token_endpoint_auth_method: 'client_secret_jwt' }));
    expect(second.client_secret).toHaveLength(86);
    const [secret, ...others] = await secretsOf(first.client_id);
    expect([secret?.encrypted !== undefined, others]).toEqual([true, []]);
    const third = registered(await update(second, { token_endpoint_auth_method: 'client_secret_basic' }));
    expect(third).not.toHaveProperty('client_secret');
    expect((await secretsOf(first.client_id)).map((each) => each.encrypted)).toEqual([undefined]);
    granted(await kit.token(GRANT, basic(first.client_id, second.client_secret ?? '')));
  });

  it('which cannot be stored leaves everything as it was', async () => {
    const { faults, persistence } = faulty();
    await open({}, { persistence });
    const first = await register({ token_endpoint_auth_method: 'private_key_jwt', jwks });
    faults.reject('clients.update', new Error('down'));
    expect(refused(await update(first)).status).toBe(503);
    faults.clear();
    expect(await secretsOf(first.client_id)).toEqual([]);
    registered(await kit.readClient(first.client_id, bearer(first.registration_access_token)));
  });

  it('leaves what an operator has said', async () => {
    await open({ policy: { scopes: ['read', 'write'] } });
    const first = await register({ scope: 'read write' });
    const said = { owner: 'A', labels: { tenant: 'a' }, default_scope: 'read write', access_token_ttl: 60 };
    await kit.admin.clients.update(first.client_id, said);
    const second = registered(await update(first, { owner: 'B', scope: 'write' }));
    expect(second).not.toHaveProperty('owner');
    const client = await kit.admin.clients.get(first.client_id);
    expect([client.owner, client.labels, client.defaultScope, client.accessTokenTtl]).toEqual([
      'A',
      { tenant: 'a' },
      ['write'],
      60,
    ]);
  });
});

describe('who may manage a client (DCR-018)', () => {
  it('a disabled client may not', async () => {
    await open();
    const first = await register();
    await kit.admin.clients.disable(first.client_id);
    const { status, code } = refused(await update(first));
    expect([status, code]).toEqual([403, 'access_denied']);
  });

  it('two changes at once: one is made, and the other has a token that is dead', async () => {
    await open();
    const first = await register();
    const outcomes = await Promise.all([
      update(first, { client_name: 'a' }),
      update(first, { client_name: 'b' }),
    ]);
    expect(outcomes.filter((each) => 'success' in each)).toHaveLength(1);
    expect(outcomes.flatMap((each) => ('error' in each ? each.error.status : []))).toEqual([401]);
  });

  it('a change by an operator in between is not lost', async () => {
    const { faults, persistence, store } = faulty();
    await open({}, { persistence });
    const first = await register();
    let conflicts = 0;
    faults.replace('clients.update', async () => {
      faults.clear();
      conflicts++;
      const client = await store.clients.find(first.client_id);
      if (client) await store.clients.update({ ...client, owner: 'A' }, client.revision);
      return false;
    });
    registered(await update(first, { client_name: 'a' }));
    const client = await kit.admin.clients.get(first.client_id);
    expect([conflicts, client.owner, client.information]).toEqual([1, 'A', { client_name: 'a' }]);
  });

  it('DCR-021: who has failed too often has to wait, and nobody elsewhere', async () => {
    await open({}, { failureLimits: { perClient: 3, perAddress: 3 } });
    const first = await register();
    const read = (token: string, ip: string) => {
      const request = { ...registrationRequest('GET', first.client_id, undefined, bearer(token)), ip };
      return kit.oauth.readClient(
        { request },
        {
          clientRead: () => 200,
          registrationFailure: (_, { status }) => status,
        },
      );
    };
    const statuses = [];
    for (let n = 0; n < 5; n++) statuses.push(await read('wrong', '192.0.2.1'));
    expect(statuses).toEqual([401, 401, 401, 429, 429]);
    expect(await read(first.registration_access_token, '192.0.2.1')).toBe(429);
    expect(await read(first.registration_access_token, '192.0.2.2')).toBe(200);
  });
});

describe('software statements (DCR-011)', () => {
  const trusted = { issuers: [{ issuer: 'https://maker.example', jwks }] };
  const claims = { iss: 'https://maker.example', client_name: 'Signed', software_id: 'x' };

  it('come first, and are kept as they came', async () => {
    await open({ softwareStatements: trusted });
    const software_statement = statement(claims, { kid: 'one' });
    const document = await register({
      client_name: 'Plain',
      client_uri: 'https://a.example',
      software_statement,
    });
    expect(document).toMatchObject({
      client_name: 'Signed',
      client_uri: 'https://a.example',
      software_statement,
    });
    expect(registered(await update(document))).not.toHaveProperty('software_statement');
  });

  it.each([
    ['unapproved_software_statement', () => statement({ ...claims, iss: 'https://other.example' })],
    ['invalid_software_statement', () => statement({ ...claims, exp: 1 })],
    ['invalid_software_statement', () => statement({ ...claims, aud: 'https://other.example' })],
    ['invalid_software_statement', () => statement(claims, { crit: ['x'] })],
    ['invalid_software_statement', () => statement(claims, { alg: 'none' })],
    ['invalid_software_statement', () => statement(claims, { alg: 'HS256' })],
    ['invalid_software_statement', () => statement(claims, { kid: 'two' })],
    ['invalid_software_statement', () => `${statement(claims).slice(0, -4)}AAAA`],
    ['invalid_software_statement', () => 7],
    ['invalid_client_metadata', () => statement({ ...claims, scope: 'write' })],
  ])('are refused with %s', async (code, made) => {
    await open({ softwareStatements: trusted });
    expect(refused(await kit.register({ software_statement: made() }, bearer(TOKEN))).code).toBe(code);
  });

  it('are needed where the host says so, and believed of nobody where it does not', async () => {
    await open({ softwareStatements: { ...trusted, required: true } });
    expect(refused(await kit.register({}, bearer(TOKEN))).code).toBe('invalid_software_statement');
    await kit.close();
    await open();
    const outcome = await kit.register({ software_statement: statement(claims) }, bearer(TOKEN));
    expect(refused(outcome).code).toBe('unapproved_software_statement');
  });

  it.each([
    ['issuers', { issuers: [] }],
    ['issuers[0].jwks', { issuers: [{ issuer: 'a', jwks: { keys: [] } }] }],
    [
      'issuers[0].jwks.keys[0]',
      { issuers: [{ issuer: 'a', jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }) }] } }] },
    ],
    ['algorithms', { ...trusted, algorithms: ['none' as 'ES256'] }],
  ])('a wrong option stops the start: %s', async (name, softwareStatements) => {
    await open();
    await expect(openKit({ registration: { softwareStatements } })).rejects.toMatchObject({
      option: `registration.softwareStatements.${name}`,
    });
  });
});

describe('META-015: registration_endpoint', () => {
  const endpoint = async () => {
    const request = { method: 'GET', url: '/.well-known/oauth-authorization-server', headers: {} };
    return kit.oauth.metadata(
      { request },
      {
        metadataSuccess: (_, { document }) => document.registration_endpoint,
        metadataError: (_, { status }) => status,
      },
    );
  };

  it('is there while somebody can register', async () => {
    const { faults, persistence } = faulty();
    await open({ initialAccessTokens: [] }, { persistence });
    expect(await endpoint()).toBeUndefined();
    await kit.admin.registrationTokens.create({ lifetime: 100 });
    kit.clock.time += 10;
    expect(await endpoint()).toBe('http://127.0.0.1:3999/oauth/register');
    faults.reject('registrationTokens.hasLive', new Error('down'));
    kit.clock.time += 10;
    expect(await endpoint()).toBe('http://127.0.0.1:3999/oauth/register');
    faults.clear();
    kit.clock.time += 100;
    expect(await endpoint()).toBeUndefined();
  });
});
