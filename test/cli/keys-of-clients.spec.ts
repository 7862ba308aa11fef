import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { command } from './command.js';
import { forgetEverything, stores } from './fixtures/app.module.js';

const HASH = '$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW';
const CREATE = 'client create --id a --auth-method private_key_jwt';
const folder = mkdtempSync(join(tmpdir(), 'oauth-cli-'));
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwks = { keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'first' }] };

beforeEach(forgetEverything);
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const stored = () => stores().clients.find('a');

describe('--jwks', () => {
  it('reads a JWK Set from a file, over the one of the document; there is no secret then', async () => {
    const document = written('client.json', {
      client_name: 'from the document',
      jwks: { keys: [] },
      token_endpoint_auth_method: 'private_key_jwt',
    });
    const words = ['client', 'create', '--id', 'a', '--metadata', document, '--jwks', written('jwks', jwks)];
    const result = await command([...words, '--json']);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.json()).toMatchObject({ client_name: 'from the document', jwks });
    expect(result.json()).not.toHaveProperty('client_secret');
    expect(await stored()).toMatchObject({ tokenEndpointAuthMethod: 'private_key_jwt', jwks, secrets: [] });
  });

  it('reads standard input for -, and shows the set to a person on one line', async () => {
    const { code, stdout, stderr } = await command(`${CREATE} --jwks -`, { input: jwks });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/jwks +\{"keys":\[\{.*"kid":"first".*\}\]\}\n/);
    expect(stdout).not.toContain('shown this once');
  });

  it('replaces the keys of a client, and null removes them', async () => {
    await command(`${CREATE} --jwks -`, { input: jwks });
    const next = { keys: [{ ...jwks.keys[0], kid: 'second' }] };
    const updated = await command('client update a --jwks - --json', { input: next });
    expect(updated.json()).toMatchObject({ jwks: next });
    const moved = await command('client update a --metadata - --jwks-uri https://keys.example/a --json', {
      input: { jwks: null },
    });
    expect(moved).toMatchObject({ code: 0, stderr: '' });
    expect(moved.json()).toMatchObject({ jwks_uri: 'https://keys.example/a' });
    expect(await stored()).not.toHaveProperty('jwks');
  });

  it('warns whoever types into a terminal how to end it', async () => {
    const { code, stderr } = await command(`${CREATE} --jwks -`, { input: jwks, terminal: true });
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'Type JSON, then end it with Ctrl-D.\n' });
  });

  it('cannot be standard input together with --metadata', async () => {
    const result = await command(`${CREATE} --metadata - --jwks -`, { input: jwks });
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/Only one of --metadata and --jwks/);
  });

  it('threat 15 refuses a private key, and repeats nothing of it', async () => {
    const key = pair.privateKey.export({ format: 'jwk' });
    for (const input of [{ keys: [key] }, { keys: [key], comment: 'x' }]) {
      const result = await command(`${CREATE} --jwks - --json`, { input });
      expect(result).toMatchObject({ code: 1, stdout: '' });
      expect(JSON.parse(result.stderr)).toEqual({
        error: 'invalid_client_metadata',
        error_description: expect.stringContaining('private part') as string,
      });
      expect(result.stderr).not.toContain(key.d);
    }
    expect(await stored()).toBeUndefined();
  });

  it('refuses what is no JSON without repeating it, and no JWK Set', async () => {
    const broken = await command(`${CREATE} --jwks -`, { input: '{"keys":[{"d":"hunter2"' });
    expect(broken).toMatchObject({ code: 1, stdout: '' });
    expect(broken.stderr).not.toContain('hunter2');
    for (const input of [[], '"text"', { keys: {} }, { keys: [] }, jwks.keys[0]]) {
      const result = await command(`${CREATE} --jwks -`, { input });
      expect(result).toMatchObject({ code: 1, stdout: '' });
      expect(result.stderr).toContain('jwks');
    }
    expect((await command([...CREATE.split(' '), '--jwks', join(folder, 'nothing')])).code).toBe(2);
    expect(await stored()).toBeUndefined();
  });
});

describe('--jwks-uri', () => {
  it('names where the keys stand', async () => {
    const result = await command(`${CREATE} --jwks-uri https://keys.example/a --json`);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.json()).toMatchObject({ jwks_uri: 'https://keys.example/a' });
    expect(await stored()).toMatchObject({ jwksUri: 'https://keys.example/a' });
  });

  it('threat 14 AUTH-035 refuses what the server would never fetch, and both at once', async () => {
    for (const uri of ['http://keys.example/', 'https://127.0.0.1/', 'file:///etc/passwd']) {
      const result = await command(`${CREATE} --jwks-uri ${uri}`);
      expect(result).toMatchObject({ code: 1, stdout: '' });
      expect(result.stderr).toContain('jwks_uri');
    }
    const both = await command(`${CREATE} --jwks-uri https://keys.example/a --jwks -`, { input: jwks });
    expect(both).toMatchObject({ code: 2, stdout: '' });
    expect(both.stderr).toMatch(/either --jwks or --jwks-uri/);
    expect(await stored()).toBeUndefined();
  });
});

describe('a change of method', () => {
  it('warns of secrets that stay, and of a secret that is missing', async () => {
    await command('client create --id a');
    const line = 'client update a --auth-method private_key_jwt --jwks -';
    const left = await command(line, { input: jwks });
    expect(left.code).toBe(0);
    expect(left.stderr).toContain('the client still has secrets: secret list a');
    await command(`client create --id b --auth-method private_key_jwt --jwks -`, { input: jwks });
    const came = await command('client update b --auth-method client_secret_post');
    expect(came.code).toBe(0);
    expect(came.stderr).toContain('the client has no secret: client rotate-secret b');
  });

  it('of where the keys are takes the other place away', async () => {
    await command(`${CREATE} --jwks-uri https://keys.example/a`);
    const inline = await command('client update a --jwks - --json', { input: jwks });
    expect(inline).toMatchObject({ code: 0, stderr: '' });
    expect(inline.json()).toMatchObject({ jwks });
    expect(await stored()).not.toHaveProperty('jwksUri');
    const remote = await command('client update a --jwks-uri https://keys.example/b --json');
    expect(remote).toMatchObject({ code: 0, stderr: '' });
    expect(await stored()).toMatchObject({ jwksUri: 'https://keys.example/b' });
    expect(await stored()).not.toHaveProperty('jwks');
  });
});

describe('--signing-alg', () => {
  it('names the algorithm', async () => {
    const result = await command(`${CREATE} --jwks - --signing-alg ES256 --json`, { input: jwks });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.json()).toMatchObject({ token_endpoint_auth_signing_alg: 'ES256' });
  });

  it('refuses one that does not fit, and one that is not known', async () => {
    for (const algorithm of ['HS256', 'none', 'es256']) {
      const result = await command(`${CREATE} --jwks - --signing-alg ${algorithm}`, { input: jwks });
      expect(result).toMatchObject({ code: 1, stdout: '' });
      expect(result.stderr).toContain('token_endpoint_auth_signing_alg');
    }
  });

  it('says that it is not kept for a method that does not sign', async () => {
    const { code, stderr } = await command('client create --signing-alg ES256 --json');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: ignored.*: token_endpoint_auth_signing_alg\n$/);
  });
});

describe('client_secret_hash', () => {
  const create = (input: object) => command('client create --metadata - --json', { input });

  it('is taken, never shown, and listed as an imported hash', async () => {
    const result = await create({ client_id: 'a', client_secret_hash: HASH });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(Object.keys(result.json()).filter((name) => name.startsWith('client_secret'))).toEqual([]);
    const lines = ['client show a', 'client list', 'secret list a', 'client disable a'];
    for (const line of lines.flatMap((each) => [each, `${each} --json`])) {
      const { code, stdout, stderr } = await command(line);
      expect([line, code]).toEqual([line, 0]);
      expect(stdout + stderr).not.toContain(HASH);
    }
    expect((await command('secret list a')).stdout).toMatch(/ imported hash +\d{4}-/);
    expect((await command('secret list a --json')).json()).toMatchObject([{ kept_as: 'imported hash' }]);
  });

  it('may have an end', async () => {
    const ends = { client_secret_expires_at: 1_900_000_000 };
    expect(await create({ client_id: 'a', client_secret_hash: HASH, ...ends })).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect((await command('secret list a --json')).json()).toMatchObject([{ expires_at: 1_900_000_000 }]);
  });

  it('says what is wrong with one, without repeating it', async () => {
    for (const hash of ['$1$abcdefgh$hunter2', '$2b$31$CCCCCCCCCCCCCCCCCCCCC.hunter2', 'hunter2']) {
      const result = await create({ client_secret_hash: hash });
      expect(result).toMatchObject({ code: 1, stdout: '' });
      expect(result.stderr).toContain('client_secret_hash');
      expect(result.stderr).not.toContain('hunter2');
    }
    expect(await stores().clients.list({ limit: 1 })).toEqual([]);
  });
});

it('AUTH-030 client_secret_jwt is refused where there is no keyEncryptionSecret', async () => {
  const result = await command('client create --auth-method client_secret_jwt --json');
  expect(result).toMatchObject({ code: 1, stdout: '' });
  const { error, error_description: description } = JSON.parse(result.stderr) as Record<string, string>;
  expect(error).toBe('invalid_client_metadata');
  expect(description).toContain('token_endpoint_auth_method');
});
