import { beforeEach, describe, expect, it } from 'vitest';
import { KEY_RING } from '../../src/nest/oauth.tokens.js';
import { SystemClock } from '../../src/oauth/clock.js';
import type { KeyRing } from '../../src/oauth/keys/key-ring.js';
import { openKit } from '../support/echo.js';
import { bare, command, fixture } from './command.js';
import { forgetEverything, SharedPersistence } from './fixtures/app.module.js';

interface Key {
  readonly kid: string;
  readonly algorithm: string;
  readonly purpose: string;
  readonly state: string;
  readonly created_at: number;
  readonly activates_at: number;
}

beforeEach(forgetEverything);

async function keys(): Promise<Key[]> {
  return (await command('key list --json')).json<Key[]>();
}

describe('key list', () => {
  it('prints what is public about the keys', async () => {
    const now = Math.floor(Date.now() / 1000);
    const [key, ...others] = await keys();
    expect(others).toEqual([]);
    expect(key).toEqual({
      kid: expect.stringMatching(/^[\w-]{43}$/) as string,
      algorithm: 'ES256',
      purpose: 'access_token',
      state: 'current',
      created_at: expect.any(Number) as number,
      activates_at: key?.created_at,
    });
    expect(Math.abs((key?.created_at ?? 0) - now)).toBeLessThan(30);
    const { stdout } = await command('key list');
    expect(stdout).toMatch(/^KID +ALGORITHM +PURPOSE +STATE +CREATED +SIGNS FROM\n/);
    expect(stdout).toMatch(
      new RegExp(`\n${key?.kid} +ES256 +access_token +current +[\\dT:Z-]{20} +[\\dT:Z-]{20}\n$`),
    );
  });

  it('knows no times of keys that the host gives', async () => {
    const app = ['--app', `${fixture('modules.ts')}#GivenKeysModule`];
    const given = (await bare([...app, 'key', 'list', '--json'])).json<Key[]>();
    expect(given.map((key) => Object.keys(key))).toEqual([['kid', 'algorithm', 'purpose', 'state']]);
    expect((await bare([...app, 'key', 'list'])).stdout).toMatch(/ current +- +-\n$/);
    const rotated = await bare([...app, 'key', 'rotate', '--json']);
    expect([rotated.code, JSON.parse(rotated.stderr)]).toMatchObject([1, { error: 'unsupported' }]);
  });
});

describe('key rotate', () => {
  it('makes the next key', async () => {
    const [first] = await keys();
    const { code, json } = await command('key rotate --json');
    const made = json<Key>();
    expect({ code, state: made.state }).toEqual({ code: 0, state: 'next' });
    expect(made.activates_at).toBeGreaterThan(made.created_at);
    expect((await keys()).map(({ kid, state }) => [kid, state])).toEqual([
      [first?.kid, 'current'],
      [made.kid, 'next'],
    ]);
  });

  it('lets it sign at once', async () => {
    const [first] = await keys();
    const made = (await command('key rotate --now --json')).json<Key>();
    expect(made).toMatchObject({ state: 'current', activates_at: made.created_at });
    expect((await keys()).map(({ kid, state }) => [kid, state])).toEqual([
      [first?.kid, 'retired'],
      [made.kid, 'current'],
    ]);
  });

  it('tells a person from when it signs', async () => {
    const { stdout } = await command('key rotate');
    const made = (await keys()).find(({ state }) => state === 'next');
    const from = new Date((made?.activates_at ?? 0) * 1000).toISOString().replace('.000Z', 'Z');
    expect(stdout).toMatch(new RegExp(`kid +${made?.kid}\n`));
    expect(stdout).toMatch(new RegExp(`signs from +${from}\n`));
  });

  it('makes one for introspection as well where there is one, and speaks of the one for access tokens', async () => {
    const kit = await openKit({ persistence: SharedPersistence, clock: new SystemClock() });
    await kit.get<KeyRing>(KEY_RING).forIntrospection('RS256');
    await kit.close();
    const made = (await command('key rotate --now --json')).json<Key>();
    expect(made).toMatchObject({ algorithm: 'ES256', purpose: 'access_token', state: 'current' });
    const rows = (await command('key list')).stdout
      .split('\n')
      .map((row) => row.split(/ +/).slice(1, 4).join(' '));
    expect(rows.slice(1, 5)).toEqual([
      'ES256 access_token retired',
      'RS256 introspection retired',
      'ES256 access_token current',
      'RS256 introspection current',
    ]);
  });
});
