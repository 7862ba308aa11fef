import { beforeEach, describe, expect, it } from 'vitest';
import { bare, command, fixture } from './command.js';
import { forgetEverything } from './fixtures/app.module.js';

interface Key {
  readonly kid: string;
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
      state: 'current',
      created_at: expect.any(Number) as number,
      activates_at: key?.created_at,
    });
    expect(Math.abs((key?.created_at ?? 0) - now)).toBeLessThan(30);
    const { stdout } = await command('key list');
    expect(stdout).toMatch(/^KID +ALGORITHM +STATE +CREATED +SIGNS FROM\n/);
    expect(stdout).toMatch(new RegExp(`\n${key?.kid} +ES256 +current +[\\dT:Z-]{20} +[\\dT:Z-]{20}\n$`));
  });

  it('knows no times of keys that the host gives', async () => {
    const app = ['--app', `${fixture('modules.ts')}#GivenKeysModule`];
    const given = (await bare([...app, 'key', 'list', '--json'])).json<Key[]>();
    expect(given.map((key) => Object.keys(key))).toEqual([['kid', 'algorithm', 'state']]);
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
});
