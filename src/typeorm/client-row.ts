import { createHash } from 'node:crypto';
import { nameKey, searchText } from '../oauth/client/client-page.js';
import type { Client, ClientSecret } from '../oauth/client/client.js';
import { labels, registrationPolicy } from './client-codecs.js';
import { flag, hexadecimal, integer, jwkSet, nullable, object, strings, text, typedText } from './codecs.js';
import type { OauthClientSecretEntity } from './entities/oauth-client-secret.entity.js';
import {
  accessTokenFormat,
  assertionAlgorithm,
  contentEncryptionAlgorithm,
  keyEncryptionAlgorithm,
  type OauthClientEntity,
} from './entities/oauth-client.entity.js';
import { signingAlgorithm } from './entities/oauth-signing-key.entity.js';
import type { Row } from './sql.js';

/** Sets the columns of a secret apart from those of its client in one row. */
export const SECRET = 'secret_';

/** Columns of a client that it is looked for by, and that are not read back. */
export const LOOKED_FOR_BY = ['ownerDigest', 'nameKey', 'searchText'] as const;

/** What an update of a client leaves as it is. */
export const NEVER_CHANGED = ['rowId', 'clientId', 'exactClientId'] as const;

export function ownerDigest(owner: string): string {
  return createHash('sha256').update(owner).digest('hex');
}

export function clientEntity(client: Client, rowId: string): OauthClientEntity {
  return {
    rowId,
    clientId: client.id,
    exactClientId: client.id,
    revision: client.revision,
    enabled: client.enabled,
    createdAt: client.createdAt,
    updatedAt: client.updatedAt,
    tokenSeries: client.tokenSeries,
    tokenEndpointAuthMethod: client.tokenEndpointAuthMethod,
    tokenEndpointAuthSigningAlg: client.tokenEndpointAuthSigningAlg ?? null,
    jwks: client.jwks ?? null,
    jwksUri: client.jwksUri ?? null,
    legacyAssertionAudience: client.legacyAssertionAudience ?? null,
    grantTypes: client.grantTypes,
    scope: client.scope ?? null,
    defaultScope: client.defaultScope ?? null,
    resource: client.resource ?? null,
    introspectionSignedResponseAlg: client.introspectionSignedResponseAlg ?? null,
    introspectionEncryptedResponseAlg: client.introspectionEncryptedResponseAlg ?? null,
    introspectionEncryptedResponseEnc: client.introspectionEncryptedResponseEnc ?? null,
    accessTokenFormat: client.accessTokenFormat ?? null,
    accessTokenTtl: client.accessTokenTtl ?? null,
    information: client.information,
    owner: client.owner ?? null,
    ownerDigest: client.owner === undefined ? null : ownerDigest(client.owner),
    description: client.description ?? null,
    labels: client.labels ?? null,
    registrationTokenDigest: client.registration?.tokenDigest ?? null,
    registrationOpenedBy: client.registration?.openedBy ?? null,
    registrationPolicy: client.registration?.policy ?? null,
    nameKey: nameKey(client),
    searchText: searchText(client),
  };
}

export function secretEntity(secret: ClientSecret, clientRowId: string): OauthClientSecretEntity {
  return {
    id: secret.id,
    clientRowId,
    digest: secret.digest,
    encrypted: secret.encrypted ?? null,
    createdAt: secret.createdAt,
    expiresAt: secret.expiresAt ?? null,
    lastUsedAt: secret.lastUsedAt ?? null,
  };
}

/** The clients in rows of a client and one of its secrets each, in the order of the rows. */
export function clients(rows: readonly Row[]): Client[] {
  const groups = new Map<unknown, [Row, ...Row[]]>();
  for (const row of rows) {
    const group = groups.get(row['rowId']);
    if (group) group.push(row);
    else groups.set(row['rowId'], [row]);
  }
  return [...groups.values()].map(client);
}

function client(rows: [Row, ...Row[]]): Client {
  const [row] = rows;
  const signingAlg = nullable(assertionAlgorithm).from(row['tokenEndpointAuthSigningAlg']);
  const jwks = nullable(jwkSet).from(row['jwks']);
  const jwksUri = nullable(text).from(row['jwksUri']);
  const legacyAssertionAudience = nullable(flag).from(row['legacyAssertionAudience']);
  const scope = nullable(strings).from(row['scope']);
  const defaultScope = nullable(strings).from(row['defaultScope']);
  const resource = nullable(text).from(row['resource']);
  const format = nullable(accessTokenFormat).from(row['accessTokenFormat']);
  const accessTokenTtl = nullable(integer).from(row['accessTokenTtl']);
  return {
    id: hexadecimal.from(row['exactClientId']),
    revision: integer.from(row['revision']),
    enabled: flag.from(row['enabled']),
    createdAt: integer.from(row['createdAt']),
    updatedAt: integer.from(row['updatedAt']),
    tokenSeries: text.from(row['tokenSeries']),
    tokenEndpointAuthMethod: text.from(row['tokenEndpointAuthMethod']),
    ...(signingAlg === null ? {} : { tokenEndpointAuthSigningAlg: signingAlg }),
    ...(jwks === null ? {} : { jwks }),
    ...(jwksUri === null ? {} : { jwksUri }),
    ...(legacyAssertionAudience === null ? {} : { legacyAssertionAudience }),
    grantTypes: strings.from(row['grantTypes']),
    ...(scope === null ? {} : { scope }),
    ...(defaultScope === null ? {} : { defaultScope }),
    ...(resource === null ? {} : { resource }),
    ...introspectionResponse(row),
    ...(format === null ? {} : { accessTokenFormat: format }),
    ...(accessTokenTtl === null ? {} : { accessTokenTtl }),
    ...record(row),
    information: object.from(row['information']),
    secrets: rows.filter((each) => each[`${SECRET}id`] !== null).map(secret),
  };
}

/** How the client gets its introspection responses. */
function introspectionResponse(row: Row): Partial<Client> {
  const signed = nullable(signingAlgorithm).from(row['introspectionSignedResponseAlg']);
  const encrypted = nullable(keyEncryptionAlgorithm).from(row['introspectionEncryptedResponseAlg']);
  const content = nullable(contentEncryptionAlgorithm).from(row['introspectionEncryptedResponseEnc']);
  return {
    ...(signed === null ? {} : { introspectionSignedResponseAlg: signed }),
    ...(encrypted === null ? {} : { introspectionEncryptedResponseAlg: encrypted }),
    ...(content === null ? {} : { introspectionEncryptedResponseEnc: content }),
  };
}

/** What an operator has filed the client under, and how it manages itself. */
function record(row: Row): Partial<Client> {
  const owner = nullable(typedText).from(row['owner']);
  const description = nullable(typedText).from(row['description']);
  const filed = nullable(labels).from(row['labels']);
  const tokenDigest = nullable(text).from(row['registrationTokenDigest']);
  return {
    ...(owner === null ? {} : { owner }),
    ...(description === null ? {} : { description }),
    ...(filed === null ? {} : { labels: filed }),
    ...(tokenDigest === null ? {} : { registration: { tokenDigest, ...registration(row) } }),
  };
}

function registration(row: Row) {
  return {
    openedBy: text.from(row['registrationOpenedBy']),
    policy: registrationPolicy.from(row['registrationPolicy']),
  };
}

function secret(row: Row): ClientSecret {
  const encrypted = nullable(text).from(row[`${SECRET}encrypted`]);
  const expiresAt = nullable(integer).from(row[`${SECRET}expiresAt`]);
  const lastUsedAt = nullable(integer).from(row[`${SECRET}lastUsedAt`]);
  return {
    id: hexadecimal.from(row[`${SECRET}id`]),
    digest: text.from(row[`${SECRET}digest`]),
    ...(encrypted === null ? {} : { encrypted }),
    createdAt: integer.from(row[`${SECRET}createdAt`]),
    ...(expiresAt === null ? {} : { expiresAt }),
    ...(lastUsedAt === null ? {} : { lastUsedAt }),
  };
}
