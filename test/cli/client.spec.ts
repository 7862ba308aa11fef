import { sha256 } from '../../src/oauth/digest.js';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { command, make, withoutSecret } from './command.js';
import { closed, forgetEverything, stores } from './fixtures/app.module.js';

const folder = mkdtempSync(join(tmpdir(), 'oauth-cli-'));
const ISO = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/;

beforeEach(forgetEverything);
afterAll(() => rmSync(folder, { recursive: true }));

describe('client create', () => {
  it('prints the client information response of RFC 7591 and nothing else', async () => {
    const input = {
      client_name: 'Nightly report',
      scope: 'catalog:read catalog:write',
      default_scope: 'catalog:read',
      token_endpoint_auth_method: 'client_secret_post',
      access_token_format: 'opaque',
      access_token_ttl: 60,
      contacts: ['ops@example.com'],
    };
    const before = Math.floor(Date.now() / 1000);
    const result = await command('client create --metadata - --json', { input });

    expect(result).toMatchObject({ code: 0, stderr: '' });
    const { client_id: id, client_id_issued_at: issuedAt, client_secret: secret, ...rest } = result.json();
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(issuedAt).toBeGreaterThanOrEqual(before);
    expect(rest).toEqual({
      ...input,
      client_secret_expires_at: 0,
      grant_types: ['client_credentials'],
      response_types: [],
    });
  });

  it('stores the secret that it prints, as a digest', async () => {
    const { client_id: id, client_secret: secret } = await make({});
    const client = await stores().clients.find(String(id));
    expect(client?.secrets.map(({ digest }) => digest)).toEqual([sha256(String(secret))]);
  });

  it('never shows the secret again', async () => {
    const { client_secret: secret } = await make({ client_id: 'a' });
    const lines = [
      'client show a',
      'client list',
      'secret list a',
      'client update a --name b',
      'client disable a',
    ];
    for (const line of [...lines, 'client enable a'].flatMap((each) => [each, `${each} --json`])) {
      const { code, stdout, stderr } = await command(line);
      expect([line, code]).toEqual([line, 0]);
      expect(stdout + stderr).not.toContain(secret);
      expect(stdout + stderr).not.toContain(sha256(String(secret)));
    }
  });

  it('tells a person what it made, and that the secret is shown this once', async () => {
    const { code, stdout, stderr } = await command([
      'client',
      'create',
      '--name',
      'Nightly report',
      '--id',
      'nightly',
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/client_id +nightly\n/);
    expect(stdout).toMatch(/client_secret +[\w-]{43}\n/);
    expect(stdout).toMatch(/client_secret_expires_at +never\n/);
    expect(stdout).toMatch(new RegExp(`client_id_issued_at +${ISO.source}\n`));
    expect(stdout).toContain('shown this once');
  });

  it('takes every flag, over the document', async () => {
    const file = join(folder, 'client.json');
    writeFileSync(
      file,
      JSON.stringify({ client_name: 'from the file', client_uri: 'https://example.com', scope: 'nope' }),
    );
    const words = ['client', 'create', '--metadata', file, '--name', 'from the flag', '--id', 'a', '--scope'];
    const more = ['catalog:read statistics:read', '--default-scope', 'catalog:read', '--auth-method'];
    const rest = ['client_secret_post', '--resource', 'http://127.0.0.1:3000/api/catalog', '--format', 'jwt'];
    const result = await command([...words, ...more, ...rest, '--ttl', '90', '--json']);
    expect(result.json()).toMatchObject({
      client_id: 'a',
      client_name: 'from the flag',
      client_uri: 'https://example.com',
      scope: 'catalog:read statistics:read',
      default_scope: 'catalog:read',
      token_endpoint_auth_method: 'client_secret_post',
      resource: 'http://127.0.0.1:3000/api/catalog',
      access_token_format: 'jwt',
      access_token_ttl: 90,
    });
  });

  it("takes the operator's own secret and warns of a short one without saying it", async () => {
    const short = await command('client create --metadata - --json', {
      input: { client_secret: 'opensesame-opensesame-opensesam' },
    });
    expect(short.json()).toMatchObject({ client_secret: 'opensesame-opensesame-opensesam' });
    expect(short.stderr).toMatch(/^warning: .*32 characters/);
    expect(short.stderr).not.toContain('opensesame');
    const long = await command('client create --metadata - --json', {
      input: { client_secret: 'x'.repeat(32) },
    });
    expect(long).toMatchObject({ code: 0, stderr: '' });
  });

  it('names members that the server does not keep', async () => {
    const input = { client_id: 'a', defalt_scope: 'catalog:read', tos_uri: null };
    const { code, stderr } = await command('client create --metadata - --json', { input });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: ignored.*: defalt_scope\n$/);
  });

  it('has no secret for a client that does not authenticate', async () => {
    const input = { token_endpoint_auth_method: 'none', grant_types: ['authorization_code'] };
    const { code, stdout } = await command('client create --metadata -', { input });
    expect(code).toBe(0);
    expect(stdout).not.toContain('secret');
  });

  it('takes a resource by its path, and keeps its identifier', async () => {
    const input = { client_id: 'a', resource: '/api/statistics' };
    const { code, json } = await command('client create --metadata - --json', { input });
    expect(code).toBe(0);
    const resource = 'http://127.0.0.1:3000/api/statistics';
    expect(json()).toMatchObject({ resource });
    expect(await stores().clients.find('a')).toMatchObject({ resource });
    const unknown = await command('client update a --metadata -', { input: { resource: '/api' } });
    expect(unknown).toMatchObject({ code: 1, stdout: '' });
    expect(unknown.stderr).toContain(
      'http://127.0.0.1:3000/api/catalog, http://127.0.0.1:3000/api/statistics',
    );
    expect(await stores().clients.find('a')).toMatchObject({ resource });
  });

  it.each([
    ['a string for an array', { grant_types: 'client_credentials' }],
    ['a number for a string', { client_name: 7 }],
    ['a string for a number', { access_token_ttl: '60' }],
    ['an unknown scope', { scope: 'catalog:burn' }],
    ['an array', []],
    ['a string', '"text"'],
    ['null', 'null'],
  ])('refuses %s', async (_what, input) => {
    const { code, stdout, stderr } = await command('client create --metadata - --json', { input });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const error = JSON.parse(stderr) as Record<string, string>;
    expect(error).toEqual({
      error: 'invalid_client_metadata',
      error_description: expect.stringMatching(/\w/) as string,
    });
    expect(await stores().clients.list({ limit: 1 })).toEqual([]);
  });

  it('refuses an id that is taken', async () => {
    await make({ client_id: 'a' });
    const { code, stdout, stderr } = await command('client create --id a');
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: 'error: There is a client a already.\n',
    });
  });
});

describe('client show', () => {
  it('prints information, enabled and the secrets without what they are', async () => {
    const information = withoutSecret(await make({ client_id: 'a' }));
    const [secret] = (await stores().clients.find('a'))?.secrets ?? [];
    expect((await command('client show a --json')).json()).toEqual({
      ...information,
      enabled: true,
      revision: 1,
      secrets: [{ id: secret?.id, kept_as: 'digest', created_at: secret?.createdAt, expires_at: 0 }],
    });
    await stores().clientSecrets.touch(secret?.id ?? '', 1_900_000_000);
    expect((await command('client show a --json')).json()).toMatchObject({
      secrets: [{ last_used_at: 1_900_000_000 }],
    });
  });

  it('prints them for people', async () => {
    await make({ client_id: 'a' });
    const [secret] = (await stores().clients.find('a'))?.secrets ?? [];
    await stores().clientSecrets.touch(secret?.id ?? '', 1_900_000_000);
    const { stdout } = await command('client show a');
    expect(stdout).toMatch(/enabled +yes\n/);
    expect(stdout).toMatch(
      new RegExp(`${secret?.id} +digest +${ISO.source} +never +2030-03-17T17:46:40Z +live\n`),
    );
  });
});

describe('a client that has registered itself', () => {
  it('is shown with what opened that and what it may have, and never with the digest', async () => {
    const digest = 'ab'.repeat(32);
    const policy = { scopes: ['catalog:read'], grant_types: ['client_credentials'] };
    const registration = { token_digest: digest, opened_by: 'configured', policy };
    await command('client import -', { input: { client_id: 'a', registration } });
    const json = await command('client show a --json');
    expect(json.json()).toMatchObject({
      registration_opened_by: 'configured',
      registration_policy: policy,
    });
    const text = await command('client show a');
    expect(text.stdout).toMatch(/registration_opened_by +configured\n/);
    expect(text.stdout).toMatch(/registration_policy +scopes=catalog:read, grant_types=client_credentials\n/);
    expect(json.stdout + text.stdout).not.toContain(digest);
  });
});

describe('client update', () => {
  it('changes what is named, removes null, keeps the rest', async () => {
    await make({ client_id: 'a', client_name: 'A', scope: 'catalog:read', default_scope: 'catalog:read' });
    const input = { default_scope: null, access_token_ttl: 60 };
    const { code, json } = await command('client update a --metadata - --name B --json', { input });
    expect(code).toBe(0);
    expect(json()).toMatchObject({
      client_name: 'B',
      scope: 'catalog:read',
      access_token_ttl: 60,
      enabled: true,
    });
    expect(json()).not.toHaveProperty('default_scope');
    expect((await command('client update a --ttl 70')).stdout).toMatch(/access_token_ttl +70\n/);
  });

  it('leaves id and secrets alone', async () => {
    await make({ client_id: 'a' });
    for (const input of [{ client_id: 'b' }, { client_secret: 'a new secret of an operator' }]) {
      const { code, stderr } = await command('client update a --metadata -', { input });
      expect(code).toBe(1);
      expect(stderr).not.toContain('a new secret');
    }
    expect((await command('client update a --id b')).code).toBe(2);
  });
});

describe('client disable, enable, delete', () => {
  it('disables and enables', async () => {
    await make({ client_id: 'a' });
    expect((await command('client disable a --json')).json()).toMatchObject({
      client_id: 'a',
      enabled: false,
    });
    expect((await stores().clients.find('a'))?.enabled).toBe(false);
    expect((await command('client enable a --json')).json()).toMatchObject({ client_id: 'a', enabled: true });
    expect((await stores().clients.find('a'))?.enabled).toBe(true);
    expect((await command('client disable a')).stdout).toMatch(/^Client disabled\.\n[^]*enabled +no\n/);
  });

  it('deletes without asking where nobody can answer', async () => {
    await make({ client_id: 'a' });
    const { code, json } = await command('client delete a --json');
    expect({ code, ...json() }).toEqual({ code: 0, client_id: 'a', deleted: true });
    expect(await stores().clients.find('a')).toBeUndefined();
  });

  it('asks a person, unless told not to', async () => {
    await make({ client_id: 'a', client_name: 'Alpha' });
    for (const input of ['', '\n', 'n\n', 'yesterday\n']) {
      const no = await command('client delete a', { terminal: true, input });
      expect(no).toMatchObject({ code: 1, stdout: '' });
      expect(no.stderr).toMatch(/^Delete the client a \(Alpha\).*\[y\/N\] error: Nothing was deleted\.\n$/);
    }
    expect(await stores().clients.find('a')).toBeDefined();
    const yes = await command('client delete a', { terminal: true, input: 'y\n' });
    expect(yes).toMatchObject({ code: 0, stdout: 'Client a deleted.\n' });
    await make({ client_id: 'a' });
    expect(await command('client delete a --yes', { terminal: true })).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('client revoke-tokens', () => {
  it('ends the tokens of this client, which stays as it is, and says so', async () => {
    await make({ client_id: 'a', client_name: 'Alpha' });
    await make({ client_id: 'b' });
    const before = await Promise.all(['a', 'b'].map((id) => stores().clients.find(id)));
    const { code, stdout, stderr } = await command('client revoke-tokens a');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Its tokens are revoked\.\n[^]*client_id +a\n[^]*enabled +yes\n/);
    const [a, b] = await Promise.all(['a', 'b'].map((id) => stores().clients.find(id)));
    expect(a?.tokenSeries).not.toBe(before[0]?.tokenSeries);
    expect(a).toMatchObject({ enabled: true, secrets: before[0]?.secrets });
    expect(b).toEqual(before[1]);
  });

  it('prints the information of the client as JSON', async () => {
    const information = withoutSecret(await make({ client_id: 'a', client_name: 'Alpha' }));
    const series = (await stores().clients.find('a'))?.tokenSeries;
    const { code, stderr, json } = await command('client revoke-tokens a --json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(json()).toEqual({ ...information, enabled: true });
    expect((await stores().clients.find('a'))?.tokenSeries).not.toBe(series);
  });

  it('names an unknown client to a person', async () => {
    const stderr = 'error: There is no client nobody.\n';
    expect(await command('client revoke-tokens nobody')).toMatchObject({ code: 1, stdout: '', stderr });
    expect((await command('client revoke-tokens')).code).toBe(2);
  });
});

it.each(['show', 'update --name b', 'disable', 'enable', 'revoke-tokens', 'delete', 'rotate-secret'])(
  'client %s: an unknown client is refused',
  async (line) => {
    const [name = '', ...flags] = line.split(' ');
    const { code, stdout, stderr } = await command(['client', name, 'nobody', ...flags, '--json']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const error = { error: 'client_not_found', error_description: 'There is no client nobody.' };
    expect(JSON.parse(stderr)).toEqual(error);
  },
);

it('closes the application whatever happens', async () => {
  const before = closed.count;
  await command('client list');
  await command('client show nobody');
  expect(closed.count - before).toBe(2);
});
