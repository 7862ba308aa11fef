import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import type { Client, ClientSecret } from '../oauth/client/client.js';
import type { AuditEntry } from '../oauth/audit/audit.log.js';
import type { Persistence } from '../oauth/persistence.js';
import type { StoredRegistrationToken } from '../oauth/registration/registration-token.store.js';
import type { StoredResourceServer } from '../oauth/resource/resource-server.store.js';
import type { StoredAccessToken } from '../oauth/token/access-token.store.js';

/** After 2038, so that a time in 32 bits shows. */
export const NOW = 2_200_000_000;

/** Ids that careless comparison takes for one another, or that careless SQL and objects trip over. */
export const CLOSE_IDS: readonly string[] = [
  ...[
    'client',
    'Client',
    'CLIENT',
    'client ',
    'client  ',
    ' client',
    'client-1',
    'client_1',
    'client%1',
    'cl%',
  ],
  ...["o'client", 'o"client', 'o`client', 'o\\client', 'o;client', '?', '$1', ':id', '@0', '--', '/*', '~'],
  ...['__proto__', 'constructor', 'toString', 'null', 'undefined', '0', '00', '0.0', '1e1', '10'],
  ...['x'.repeat(254), 'x'.repeat(255), `${'x'.repeat(254)}X`, ' '],
];

/** Text that a database may fold, cut, turn or refuse. */
export const HARD_TEXT = 'Größe "Ω" \\ \' % _ ? $1 日本語 👩‍🚀 \u0000 \ud800 \u2028';

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function sampleSecret(id: string, more: Partial<ClientSecret> = {}): ClientSecret {
  return { id, digest: digest(randomBytes(8).toString('hex')), createdAt: NOW, ...more };
}

/** A client with no optional member at all. */
export function sampleClient(id: string, more: Partial<Client> = {}): Client {
  return {
    id,
    revision: 1,
    enabled: true,
    createdAt: NOW,
    updatedAt: NOW,
    tokenSeries: 'a1b2c3d4e5f60718',
    tokenEndpointAuthMethod: 'client_secret_basic',
    grantTypes: ['client_credentials'],
    information: {},
    secrets: [],
    ...more,
  };
}

/** A client with every member but `jwksUri`, which is never together with `jwks`. */
export function fullClient(id: string): Client {
  return sampleClient(id, {
    revision: 7,
    enabled: false,
    updatedAt: NOW + 1,
    tokenSeries: '0f1e2d3c4b5a6978',
    tokenEndpointAuthMethod: 'own_method_'.padEnd(64, 'x'),
    tokenEndpointAuthSigningAlg: 'ES256',
    jwks: {
      keys: [
        {
          kty: 'EC',
          crv: 'P-256',
          x: 'x'.repeat(43),
          y: 'y'.repeat(43),
          kid: 'Größe 👩‍🚀',
          key_ops: ['verify'],
        },
        { kty: 'RSA', n: 'n'.repeat(683), e: 'AQAB', x5c: [] },
      ],
    },
    legacyAssertionAudience: true,
    grantTypes: ['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange'],
    scope: ['catalog:read', 'catalog:write'],
    defaultScope: ['catalog:read'],
    resource: `https://api.example.com/${'r'.repeat(2000)}`,
    introspectionSignedResponseAlg: 'PS256',
    introspectionEncryptedResponseAlg: 'ECDH-ES+A256KW',
    introspectionEncryptedResponseEnc: 'A256CBC-HS512',
    accessTokenFormat: 'opaque',
    accessTokenTtl: 600,
    information: {
      client_name: HARD_TEXT,
      contacts: ['a@example.com', ''],
      nested: { none: null, list: [1, -2.5, true, { empty: {} }] },
    },
    owner: HARD_TEXT,
    description: `${HARD_TEXT} ${'d'.repeat(900)}`,
    labels: { tenant: HARD_TEXT, 'a.b/c-d_e': '"x":"y"', 10: '', 9: '\\', ['__proto__']: 'x', '": ,': ',":' },
    registration: {
      tokenDigest: digest('token'),
      openedBy: 'o'.repeat(64),
      policy: {
        scopes: [],
        resources: ['https://api.example.com/Größe'],
        grantTypes: ['client_credentials'],
      },
    },
    secrets: [
      sampleSecret('first', { encrypted: 'e'.repeat(2000), expiresAt: NOW + 3, lastUsedAt: NOW + 4 }),
      sampleSecret('second'),
    ],
  });
}

export function sampleToken(value: string, more: Partial<StoredAccessToken> = {}): StoredAccessToken {
  return {
    digest: digest(value),
    id: `jti-${value}`,
    clientId: 'client',
    subject: 'client',
    audience: 'https://api.example.com',
    scope: [],
    issuedAt: NOW,
    expiresAt: NOW + 3600,
    claims: {},
    ...more,
  };
}

export function sampleRegistrationToken(
  id: string,
  more: Partial<StoredRegistrationToken> = {},
): StoredRegistrationToken {
  return { id, digest: digest(id), createdAt: NOW, uses: 0, policy: {}, ...more };
}

export function sampleResourceServer(
  identifier: string,
  more: Partial<StoredResourceServer> = {},
): StoredResourceServer {
  return {
    identifier,
    revision: 1,
    createdAt: NOW,
    updatedAt: NOW,
    scopes: ['read'],
    defaultScopes: [],
    publishesMetadata: true,
    ...more,
  };
}

/** The `n`th entry of a log. */
export function sampleEntry(n: number, more: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id: n.toString(16).padStart(32, '0'),
    at: NOW + n,
    type: 'client.created',
    detail: {},
    ...more,
  };
}

/** The client is in the store exactly as expected; the order of its secrets is the store's affair. */
export async function assertStored(persistence: Persistence, expected: Client): Promise<void> {
  const found = await persistence.clients.find(expected.id);
  assert.ok(found, `the client ${JSON.stringify(expected.id)} is not found`);
  assert.deepStrictEqual(ordered(found), ordered(expected));
}

export function ordered(client: Client): Client {
  return { ...client, secrets: [...client.secrets].sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

export async function storedSecret(
  persistence: Persistence,
  clientId: string,
  secretId: string,
): Promise<ClientSecret | undefined> {
  const client = await persistence.clients.find(clientId);
  return client?.secrets.find(({ id }) => id === secretId);
}

/** Of concurrent attempts at one thing exactly one has won. */
export function assertOneWinner(answers: readonly boolean[]): void {
  assert.equal(answers.filter((won) => won).length, 1, `one attempt of ${answers.length} must win`);
}
