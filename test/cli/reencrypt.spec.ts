import { beforeEach, describe, expect, it } from 'vitest';
import { bare, command, fixture, type Result } from './command.js';
import { forgetEverything, keys, stores } from './fixtures/encrypted.module.js';

const OLD = 'o'.repeat(32);
const NEW = 'n'.repeat(32);

beforeEach(() => {
  forgetEverything();
  keys.current = [OLD];
});

function onEncrypted(line: string, input: unknown = ''): Promise<Result> {
  return bare(['--app', fixture('encrypted.module.ts'), ...line.split(' ')], { input });
}

async function make(id: string): Promise<string> {
  const line = `client create --id ${id} --auth-method client_secret_jwt --json`;
  return String((await onEncrypted(line)).json()['client_secret']);
}

const encrypted = async (id: string) => (await stores().clients.find(id))?.secrets[0]?.encrypted;

describe('secret reencrypt', () => {
  it('tells how many secrets it has encrypted anew, and the old key can go', async () => {
    const secret = await make('a');
    await onEncrypted('client create --id plain');
    const before = await encrypted('a');
    expect(await onEncrypted('secret reencrypt')).toMatchObject({
      code: 0,
      stdout: '0 secrets were encrypted anew.\n',
      stderr: '',
    });
    keys.current = [NEW, OLD];
    expect((await onEncrypted('secret reencrypt')).stdout).toBe('1 secret was encrypted anew.\n');
    expect(await encrypted('a')).not.toBe(before);
    keys.current = [NEW];
    const again = await onEncrypted('secret reencrypt --json');
    expect({ code: again.code, ...again.json() }).toEqual({ code: 0, reencrypted: 0 });
    expect(JSON.stringify(await stores().clients.find('a'))).not.toContain(secret);
  });

  it('fails with the secret’s id, and never the secret, where no key opens it', async () => {
    const secret = await make('a');
    const [kept] = (await stores().clients.find('a'))?.secrets ?? [];
    keys.current = [NEW];
    const result = await onEncrypted('secret reencrypt --json');
    expect(result).toMatchObject({ code: 1, stdout: '' });
    const { error, error_description: description } = JSON.parse(result.stderr) as Record<string, string>;
    expect(error).toBe('secret_unreadable');
    expect(description).toContain(`${kept?.id} of a`);
    expect(result.stderr).not.toContain(secret);
    expect(await encrypted('a')).toBe(kept?.encrypted);
  });

  it('has nothing to do on a server without such secrets', async () => {
    expect(await command('secret reencrypt')).toMatchObject({
      code: 0,
      stdout: '0 secrets were encrypted anew.\n',
      stderr: '',
    });
  });
});

describe('the secrets of client_secret_jwt', () => {
  it('are shown once, listed as encrypted, and rotated as long as HS512 needs them', async () => {
    expect(await make('a')).toMatch(/^[\w-]{86}$/);
    const rotated = await onEncrypted('client rotate-secret a --overlap 60 --json');
    expect(rotated.json()['client_secret']).toMatch(/^[\w-]{86}$/);
    const listed = (await onEncrypted('secret list a --json')).json<{ kept_as: string }[]>();
    expect(listed.map(({ kept_as: keptAs }) => keptAs)).toEqual(['encrypted', 'encrypted']);
    expect((await onEncrypted('secret list a')).stdout).toMatch(/ encrypted +\d{4}-/);
    expect((await onEncrypted('client show a')).stdout).not.toContain(String(await encrypted('a')));
  });
});
