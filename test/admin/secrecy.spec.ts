import { generateKeyPairSync } from 'node:crypto';
import { Persistence } from 'nestjs-oauth-kit';
import { expect, it } from 'vitest';
import { newClient } from '../nest/host.js';
import { openAdmin } from './support.js';

it('no answer has a secret, a token, a digest or a private key but the one that has just made it', async () => {
  const encryption = 'a key encryption secret of the host, for this test';
  const host = await openAdmin({
    options: { keyEncryptionSecret: encryption, audit: { log: 'database', tokens: true } },
  });
  const secrets: string[] = [encryption, host.bearer];
  const shown = (value: unknown): void => {
    expect(typeof value === 'string' && value.length > 20).toBe(true);
    secrets.push(String(value));
  };
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256' }] };
  const bodies = [
    { client_id: 'a' },
    { client_id: 'b', token_endpoint_auth_method: 'client_secret_jwt' },
    { client_id: 'c', client_secret: 'chosen-by-the-operator-0123456789' },
  ];
  for (const body of bodies) shown((await host.call('POST', '/clients', { body })).body['client_secret']);
  const hashed = '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy';
  secrets.push(hashed);
  await host.call('POST', '/clients', { body: { client_id: 'd', client_secret_hash: hashed } });
  const keyed = { client_id: 'e', token_endpoint_auth_method: 'private_key_jwt', jwks };
  expect((await host.call('POST', '/clients', { body: keyed })).status).toBe(201);
  shown((await host.call('POST', '/clients/a/secrets')).body['client_secret']);
  shown((await host.call('POST', '/clients/b/secrets')).body['client_secret']);
  shown((await host.call('POST', '/registration-tokens')).body['registration_token']);
  const client = await newClient(host, { client_id: 'f' });
  shown(client.secret);
  shown(await client.token('report'));
  shown(await client.token('read'));
  await host.call('POST', '/keys');

  const { clients, signingKeys, registrationTokens, accessTokens } = host.app.get(Persistence, {
    strict: false,
  });
  for (const stored of await clients.list({ limit: 100 })) {
    for (const { digest, encrypted } of stored.secrets)
      secrets.push(digest, ...(encrypted ? [encrypted] : []));
  }
  for (const key of await signingKeys.all()) secrets.push(...texts(key.privateKey));
  for (const { digest } of await registrationTokens.list({ limit: 10 })) secrets.push(digest);
  for (const { digest } of await accessTokens.listOf('f', { limit: 10 })) secrets.push(digest);
  expect(secrets.length).toBeGreaterThan(20);

  const paths = [
    '/clients?limit=500',
    '/keys',
    '/registration-tokens',
    '/resource-servers',
    '/audit?limit=500',
  ];
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'operator']) {
    paths.push(`/clients/${id}`, `/clients/${id}/secrets`, `/clients/${id}/tokens`);
  }
  for (const path of paths) {
    const { status, text } = await host.call('GET', path);
    expect([path, status]).toEqual([path, 200]);
    const found = secrets.filter((secret) => text.includes(secret));
    expect([path, found]).toEqual([path, []]);
    expect(text).not.toMatch(/digest":|"encrypted":|"d":|PRIVATE KEY/);
  }
  for (const [method, path, body] of [
    ['PATCH', '/clients/a', { owner: 'x' }],
    ['POST', '/clients/b/disable', undefined],
    ['PATCH', '/clients/c', { client_secret: 'another-chosen-secret-0123456789' }],
  ] as const) {
    const { text } = await host.call(method, path, { body });
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    expect(text).not.toContain('another-chosen-secret');
  }
  expect(secrets.filter((secret) => host.log.text.includes(secret))).toEqual([]);
  await host.close();
});

/** Whatever a private key is kept as. */
function texts(value: unknown): string[] {
  return typeof value === 'string' ? [value] : value === undefined ? [] : [JSON.stringify(value)];
}
