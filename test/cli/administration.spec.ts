import { userInfo } from 'node:os';
import { beforeEach, describe, expect, it } from 'vitest';
import { command } from './command.js';
import { forgetEverything, stores } from './fixtures/app.module.js';

beforeEach(forgetEverything);

const ORDERS = 'https://orders.example.com';
const cursorOf = (stderr: string): string => /^There are more: --after (\S+)\n$/.exec(stderr)?.[1] ?? '';

describe('owner, description and labels', () => {
  it('are given, shown, changed one by one, and taken away', async () => {
    const words = ['--owner', 'Team Payments', '--description', 'Pays the bills', '--label', 'tenant=acme'];
    const create = ['client', 'create', '--id', 'a', ...words, '--label', 'env=a=b', '--json'];
    expect((await command(create)).json()).toMatchObject({
      owner: 'Team Payments',
      description: 'Pays the bills',
      labels: { env: 'a=b', tenant: 'acme' },
    });
    const { stdout } = await command('client show a');
    expect(stdout).toMatch(/owner +Team Payments\n/);
    expect(stdout).toMatch(/labels +env=a=b, tenant=acme\n/);
    expect(stdout).toMatch(/revision +1\n/);
    const changed = await command('client update a --label env=live --label team=x --unlabel tenant --json');
    expect(changed.json()).toMatchObject({ labels: { env: 'live', team: 'x' }, revision: 2 });
    const cleared = await command([
      'client',
      'update',
      'a',
      '--owner',
      '',
      '--unlabel',
      'env',
      '--unlabel',
      'team',
      '--json',
    ]);
    expect(cleared.json()).not.toHaveProperty('labels');
    expect(cleared.json()).not.toHaveProperty('owner');
    expect(await command('client update a --label BAD=x')).toMatchObject({ code: 1, stdout: '' });
    expect(await command('client update nobody --label a=x')).toMatchObject({ code: 1 });
    const document = await command('client update a --metadata - --label b=2 --json', {
      input: { labels: { a: '1' } },
    });
    expect(document.json()).toMatchObject({ labels: { a: '1', b: '2' } });
    const wrong = await command('client create --metadata - --label b=2', { input: { labels: ['a'] } });
    expect(wrong).toMatchObject({ code: 1, stderr: 'error: labels must be an object of labels.\n' });
  });

  it('of two operators who update the same client, the second sees a conflict', async () => {
    await command('client create --id a');
    const { revision } = (await command('client show a --json')).json<{ revision: number }>();
    const first = await command(`client update a --owner one --revision ${revision} --json`);
    expect(first.json()).toMatchObject({ owner: 'one', revision: revision + 1 });
    for (const flags of ['--owner two', '--label a=b', '--unlabel a']) {
      const second = await command(`client update a ${flags} --revision ${revision} --json`);
      expect(second).toMatchObject({ code: 1, stdout: '' });
      expect(JSON.parse(second.stderr)).toMatchObject({ error: 'conflict' });
    }
    expect((await command('client show a --json')).json()).toMatchObject({ owner: 'one', revision: 2 });
  });

  it('filter and order the list', async () => {
    await command('client create --id a --name Zeta --owner x --label tenant=acme');
    await command('client create --id b --name alpha --owner x --label tenant=acme --label env=live');
    await command('client create --id c --name Beta --owner y');
    await command('client disable c');
    const ids = async (flags: string): Promise<string> => {
      const { json } = await command(`client list --json ${flags}`);
      return json<{ client_id: string }[]>()
        .map((each) => each.client_id)
        .join('');
    };
    expect(await ids('--owner x')).toBe('ab');
    expect(await ids('--label tenant=acme --label env=live')).toBe('b');
    expect(await ids('--search ETA')).toBe('ac');
    expect(await ids('--disabled')).toBe('c');
    expect(await ids('--enabled')).toBe('ab');
    expect(await ids('--sort name')).toBe('bca');
    expect(await ids('--sort name --desc')).toBe('acb');
    expect(await ids('--sort created')).toBe('abc');
    const { stderr } = await command('client list --sort name --limit 1');
    expect(await ids(`--sort name --after ${cursorOf(stderr)}`)).toBe('ca');
    expect(await command(`client list --after ${cursorOf(stderr)}`)).toMatchObject({ code: 1, stdout: '' });
    expect((await command('client list --owner nobody')).stderr).toBe('No client matches.\n');
  });
});

describe('token', () => {
  it('lists the opaque tokens of a client, and ends one', async () => {
    await command('client create --id a');
    const series = (await stores().clients.find('a'))?.tokenSeries ?? '';
    const now = Math.floor(Date.now() / 1000);
    const token = (index: number) => ({
      id: `${series}.${'x'.repeat(21)}${index}`,
      digest: String(index).repeat(64),
      clientId: 'a',
      subject: 'a',
      claims: {},
      audience: 'http://127.0.0.1:3000/api/statistics',
      scope: ['statistics:read'],
      issuedAt: now,
      expiresAt: now + 600,
    });
    const [one, two] = [token(1), token(2)];
    for (const each of [one, two]) await stores().accessTokens.insert(each);
    const listed = await command('token list a --json');
    expect(listed.json<{ id: string }[]>().map(({ id }) => id)).toEqual([one.id, two.id]);
    expect(listed.stdout).not.toContain(one.digest);
    expect(cursorOf((await command('token list a --limit 1')).stderr)).not.toBe('');
    expect((await command('token list a')).stdout).toContain('statistics:read');
    const revoked = await command(`token revoke a ${one.id} --json`);
    expect(revoked.json()).toEqual({ client_id: 'a', token_id: one.id, revoked: true });
    expect((await command('token list a --json')).json()).toHaveLength(1);
    expect((await command('token revoke a not-a-token')).code).toBe(1);
    expect((await command('token list nobody')).stderr).toBe('error: There is no client nobody.\n');
    await command('client revoke-tokens a');
    expect(await command('token list a')).toMatchObject({
      code: 0,
      stderr: 'The client has no opaque tokens.\n',
    });
  });
});

describe('resource', () => {
  it('adds, shows, changes and removes a resource server, whose scopes clients can have', async () => {
    const words = [
      'resource',
      'create',
      ORDERS,
      '--scopes',
      'orders:read orders:write',
      '--format',
      'opaque',
    ];
    const made = await command([...words, '--ttl', '60', '--name', 'Orders', '--json']);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.json()).toEqual({
      identifier: ORDERS,
      source: 'stored',
      revision: 1,
      scopes: 'orders:read orders:write',
      default_scopes: '',
      default: false,
      access_token_format: 'opaque',
      access_token_ttl: 60,
      name: 'Orders',
      metadata: false,
    });
    expect((await command([...words])).code).toBe(1);
    expect((await command('client create --id a --scope orders:read')).code).toBe(0);
    const { stdout } = await command('resource list');
    expect(stdout).toMatch(
      /^IDENTIFIER +SOURCE +FORMAT +SCOPES\n.*\/api\/catalog +configured[^]*\nhttps:\S+ +stored/,
    );
    const change = [
      'resource',
      'update',
      ORDERS,
      '--name',
      '',
      '--default-scopes',
      'orders:read',
      '--metadata',
    ];
    const changed = await command([...change, '--revision', '1', '--json']);
    expect(changed.json()).toMatchObject({ revision: 2, default_scopes: 'orders:read', metadata: true });
    expect(changed.json()).not.toHaveProperty('name');
    const hidden = await command(['resource', 'update', ORDERS, '--no-metadata', '--json']);
    expect(hidden.json()).toMatchObject({ revision: 3, metadata: false });
    const late = await command([...change, '--revision', '1', '--json']);
    expect(JSON.parse(late.stderr)).toMatchObject({ error: 'conflict' });
    expect((await command(`resource show ${ORDERS}`)).stdout).toMatch(/revision +3\n/);
    const open = await command(`resource create ${ORDERS}/open --scopes open --metadata --json`);
    expect(open.json()).toMatchObject({ metadata: true });
    expect((await command(`resource delete ${ORDERS}/open`)).code).toBe(0);
    expect(await command('resource delete /api/catalog')).toMatchObject({ code: 1, stdout: '' });
    expect(await command(`resource delete ${ORDERS}`)).toMatchObject({ code: 0, stderr: '' });
    expect(await command(`resource show ${ORDERS}`)).toMatchObject({ code: 1, stdout: '' });
    expect((await command('resource list --json')).json()).toHaveLength(2);
  });
});

describe('registration-token', () => {
  it('is shown once, listed and deleted', async () => {
    const words = [
      'registration-token',
      'create',
      '--uses',
      '20',
      '--lifetime',
      '0',
      '--scopes',
      'catalog:read',
    ];
    const more = ['--methods', 'client_secret_basic private_key_jwt', '--grants', 'client_credentials'];
    const rest = ['--owner', 'payments', '--label', 'tenant=acme', '--description', 'CI', '--json'];
    const made = await command([...words, ...more, ...rest]);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const { registration_token: value, ...token } = made.json<{ registration_token: string; id: string }>();
    expect(value.length).toBeGreaterThan(40);
    expect(token).toMatchObject({
      expires_at: 0,
      uses: 0,
      most_uses: 20,
      scopes: ['catalog:read'],
      authentication_methods: ['client_secret_basic', 'private_key_jwt'],
      grant_types: ['client_credentials'],
      owner: 'payments',
      labels: { tenant: 'acme' },
      description: 'CI',
    });
    const listed = await command('registration-token list --json');
    expect(listed.json()).toEqual([token]);
    expect(listed.stdout).not.toContain(value);
    expect((await command('registration-token list')).stdout).toMatch(
      /CI +payments +catalog:read +0 of 20 +\S+ +never\n/,
    );
    const shown = await command('registration-token create');
    expect(shown.stdout).toMatch(/registration_token +\S{40,}\n[^]*shown this once/);
    expect(cursorOf((await command('registration-token list --limit 1')).stderr)).not.toBe('');
    expect((await command(`registration-token delete ${token.id}`)).code).toBe(0);
    expect((await command(`registration-token delete ${token.id}`)).code).toBe(1);
    expect((await command('registration-token create --scopes burn')).code).toBe(1);
  });

  it('says so when there are none', async () => {
    expect((await command('registration-token list')).stderr).toBe('There are no registration tokens.\n');
  });
});

describe('audit', () => {
  it('names who runs the command, and what was done', async () => {
    const made = await command('client create --id a --label tenant=acme --json');
    const { client_secret: secret } = made.json<{ client_secret: string }>();
    await command('client update a --owner x');
    await command('client import -', { input: { client_id: 'b' } });
    const { json, stdout } = await command('audit list --json');
    const entries = json<{ type: string; actor: string }[]>();
    // Within one second, commands are not told apart by their time.
    const types = entries.map(({ type }) => type).sort();
    expect(types).toEqual(['client.created', 'client.created', 'client.updated', 'clients.imported']);
    expect(new Set(entries.map(({ actor }) => actor))).toEqual(new Set([`command:${userInfo().username}`]));
    expect(stdout).not.toContain(secret);
    expect((await command('audit list')).stdout).toMatch(
      /client\.updated +command:\S+ +a +- +tenant=acme changed=owner\n/,
    );
    const counts = async (flags: string) =>
      (await command(`audit list --json ${flags}`)).json<unknown[]>().length;
    expect(await counts('--type client.created')).toBe(2);
    expect(await counts('--subject a')).toBe(2);
    expect(await counts('--actor somebody')).toBe(0);
    expect(await counts('--since 2001-01-01')).toBe(4);
    expect(await counts('--until 2001-01-01T00:00:00+01:00')).toBe(0);
    const { stderr } = await command('audit list --limit 2');
    expect(await counts(`--after ${cursorOf(stderr)}`)).toBe(2);
    expect((await command('audit list --type token.revoked')).stderr).toBe('There are no such entries.\n');
  });
});
