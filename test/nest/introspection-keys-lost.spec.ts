import { MemoryPersistence } from 'nestjs-oauth-kit';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newKeyPair, RecordingFetcher, type KeyPair } from '../oauth/assertions.js';
import { sharing } from '../oauth/support.js';
import { FORM, newClient, openHost, type Host, type HostClient } from './host.js';

const TYPE = 'application/token-introspection+jwt';
const URI = 'https://keys.example/a-secret-path?token=hunter2';
const ENCRYPTED = {
  introspection_signed_response_alg: 'ES256',
  introspection_encrypted_response_alg: 'RSA-OAEP-256',
};

let host: Host;
let store: MemoryPersistence;
let fetcher: RecordingFetcher;
let rsa: KeyPair;
let ec: KeyPair;

beforeAll(async () => {
  [rsa, ec] = await Promise.all([newKeyPair('RS256'), newKeyPair('ES256')]);
});

beforeEach(async () => {
  store = new MemoryPersistence();
  fetcher = new RecordingFetcher();
  host = await openHost({
    options: { persistence: sharing(store), clientAssertions: { jwksFetcher: fetcher } },
  });
});

afterEach(() => host.close());

const introspect = ({ basic }: HostClient, accept = TYPE) =>
  host.request('/oauth/introspect', {
    method: 'POST',
    headers: { 'content-type': FORM, accept, ...basic },
    body: 'token=unknown',
  });

/** 503 for every form of answers that is a JWT, and nothing of the reason. @returns the lines of the log */
async function unavailable(client: HostClient, times = 1): Promise<string[]> {
  const from = host.log.lines.length;
  for (let time = 0; time < times; time++) {
    const { status, body, headers, text } = await introspect(client);
    expect([status, body['error']]).toEqual([503, 'temporarily_unavailable']);
    expect(headers.get('retry-after')).toBe('5');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(text).not.toMatch(/RSA-OAEP|keys\.example|active/);
  }
  return host.log.lines.slice(from);
}

describe('threat 39 INT-031 a client whose answers cannot be encrypted', () => {
  it('has lost its key from its jwks: 503, and the log says whose and which, every ten seconds', async () => {
    const client = await newClient(host, { ...ENCRYPTED, jwks: { keys: [rsa.jwk] } });
    expect((await introspect(client)).text.split('.')).toHaveLength(5);
    const stored = await store.clients.find(client.id);
    if (!stored) throw new Error('no client');
    const { revision } = stored;
    const changed = { ...stored, jwks: { keys: [ec.jwk] }, revision: revision + 1 };
    await store.clients.update(changed, revision);
    const lines = await unavailable(client, 5);
    host.clock.time += 10;
    lines.push(...(await unavailable(client, 5)));
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toContain(`The client ${client.id} has no key for RSA-OAEP-256.`);
    }
    expect((await introspect(client, 'application/json')).body).toEqual({ active: false });
  });

  it('has a jwks_uri that is dead: 503, one warning of the key set and one of the answers', async () => {
    const client = await newClient(host, { ...ENCRYPTED, jwks_uri: URI });
    const lines = await unavailable(client, 5);
    expect(fetcher.asked).toEqual([URI]);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('The keys of a client could not be fetched: ');
    expect(lines[1]).toContain('An introspection response could not be encrypted: ');
    expect(lines.join()).not.toMatch(/temporarily_unavailable|hunter2|a-secret-path/);
    expect((await introspect(client, 'application/json')).body).toEqual({ active: false });
  });

  it('has a jwks_uri that comes back: the answers do too', async () => {
    const client = await newClient(host, { ...ENCRYPTED, jwks_uri: URI });
    await unavailable(client);
    fetcher.keys = [rsa.jwk];
    host.clock.time += 3600;
    const { status, text } = await introspect(client);
    expect([status, text.split('.').length]).toEqual([200, 5]);
  });

  it('has a jwks_uri without a key for it: 503, and one line that says so', async () => {
    fetcher.keys = [ec.jwk];
    const client = await newClient(host, { ...ENCRYPTED, jwks_uri: URI });
    const lines = await unavailable(client, 5);
    expect(lines.join('\n')).not.toMatch(/temporarily_unavailable|hunter2/);
    expect(lines).toEqual([expect.stringContaining(`The client ${client.id} has no key for RSA-OAEP-256.`)]);
    fetcher.keys = [ec.jwk, rsa.jwk];
    host.clock.time += 3600;
    expect((await introspect(client)).status).toBe(200);
  });
});
