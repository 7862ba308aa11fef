import { beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/oauth/digest.js';
import { command } from './command.js';
import { forgetEverything, stores } from './fixtures/app.module.js';

let first: Record<string, unknown>;

beforeEach(async () => {
  forgetEverything();
  first = (
    await command('client create --metadata - --json', { input: { client_id: 'a', client_name: 'A' } })
  ).json();
});

async function secrets(): Promise<
  readonly { id: string; digest: string; createdAt: number; expiresAt?: number }[]
> {
  return (await stores().clients.find('a'))?.secrets ?? [];
}

describe('client rotate-secret', () => {
  it('prints the information response with a new secret; the old one lives on for the overlap', async () => {
    const result = await command('client rotate-secret a --overlap 600 --json');
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const { client_secret: secret, ...rest } = result.json();
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(secret).not.toBe(first['client_secret']);
    expect(rest).toEqual({ ...first, client_secret: undefined });

    const [old, made] = [...(await secrets())].sort(
      (a, b) => (a.expiresAt ?? Infinity) - (b.expiresAt ?? Infinity),
    );
    expect(old?.digest).toBe(sha256(String(first['client_secret'])));
    expect(made?.digest).toBe(sha256(String(secret)));
    expect(made).not.toHaveProperty('expiresAt');
    expect(old?.expiresAt).toBe((made?.createdAt ?? 0) + 600);
  });

  it('keeps the old ones for a day unless told otherwise, and tells a person until when', async () => {
    const { code, stdout } = await command('client rotate-secret a');
    expect(code).toBe(0);
    const ends = (await secrets()).flatMap(({ expiresAt }) => expiresAt ?? []);
    const made = (await secrets()).find(({ expiresAt }) => expiresAt === undefined);
    expect(ends).toEqual([(made?.createdAt ?? 0) + 86_400]);
    const until = new Date((ends[0] ?? 0) * 1000).toISOString().replace('.000Z', 'Z');
    expect(stdout).toContain(`The old secrets work until ${until}.`);
    expect(stdout).toMatch(/client_secret +[\w-]{43}\n/);
    expect(stdout).toContain('shown this once');
  });

  it('ends the old ones now with an overlap of 0', async () => {
    expect((await command('client rotate-secret a --overlap 0')).stdout).toContain(
      'No older secret works any more.',
    );
    expect((await command('client list')).stdout).toMatch(/ 1\n$/);
    expect((await command('secret list a')).stdout).toMatch(/ expired$/m);
  });

  it.each(['-1', '1.5', '1e3', '31536001', 'long', ''])('refuses the overlap "%s"', async (overlap) => {
    const { code, stdout, stderr } = await command(['client', 'rotate-secret', 'a', '--overlap', overlap]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('whole number from 0 to 31536000');
    expect(await secrets()).toHaveLength(1);
  });

  it('is refused for a client without secrets', async () => {
    const input = {
      client_id: 'public',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code'],
    };
    await command('client create --metadata -', { input });
    const { code, stderr } = await command('client rotate-secret public --json');
    expect([code, JSON.parse(stderr)]).toMatchObject([1, { error: 'unsupported' }]);
  });
});

describe('secret list', () => {
  it('prints id and times', async () => {
    await command('client rotate-secret a --overlap 60');
    const stored = await secrets();
    const { code, json } = await command('secret list a --json');
    expect(code).toBe(0);
    expect(json()).toEqual(
      stored.map(({ id, createdAt, expiresAt = 0 }) => ({
        id,
        kept_as: 'digest',
        created_at: createdAt,
        expires_at: expiresAt,
      })),
    );
  });

  it('prints a table', async () => {
    const [secret] = await secrets();
    const { stdout } = await command('secret list a');
    expect(stdout).toMatch(/^SECRET ID +KEPT AS +CREATED +EXPIRES +LAST USED +STATE\n/);
    expect(stdout).toMatch(new RegExp(`\n${secret?.id} +digest +[\\dT:Z-]{20} +never +- +live\n$`));
  });
});

describe('secret revoke', () => {
  it('ends a secret', async () => {
    const [secret] = await secrets();
    const { code, json } = await command(['secret', 'revoke', 'a', secret?.id ?? '', '--json']);
    expect({ code, ...json() }).toEqual({ code: 0, client_id: 'a', secret_id: secret?.id, revoked: true });
    expect(await secrets()).toEqual([]);
    expect(await command('secret list a')).toMatchObject({ code: 0, stdout: '' });
    expect((await command('client show a')).stdout).toContain('No secrets.');
  });

  it('tells a person', async () => {
    const [secret] = await secrets();
    const { stdout } = await command(['secret', 'revoke', 'a', secret?.id ?? '']);
    expect(stdout).toBe(`Secret ${secret?.id} of client a revoked.\n`);
  });

  it('refuses an unknown secret and an unknown client', async () => {
    const unknown = await command('secret revoke a nothing --json');
    expect([unknown.code, JSON.parse(unknown.stderr)]).toMatchObject([1, { error: 'secret_not_found' }]);
    const nobody = await command('secret revoke nobody nothing');
    expect(nobody).toMatchObject({ code: 1, stdout: '', stderr: 'error: There is no client nobody.\n' });
    expect((await command('secret list nobody')).code).toBe(1);
    expect(await secrets()).toHaveLength(1);
  });
});
