import type { ListedResourceServer } from 'nestjs-oauth-kit';
import type { Output } from './output.js';

export function resourceJson(server: ListedResourceServer): object {
  return {
    identifier: server.identifier,
    source: server.source,
    ...(server.revision !== undefined && { revision: server.revision }),
    scopes: server.scopes.join(' '),
    default_scopes: server.defaultScopes.join(' '),
    default: server.isDefault,
    access_token_format: server.accessTokenFormat,
    access_token_ttl: server.accessTokenLifetime,
    ...(server.name !== undefined && { name: server.name }),
    ...(server.documentation !== undefined && { documentation: server.documentation }),
    metadata: server.publishesMetadata,
  };
}

export function printResource(output: Output, server: ListedResourceServer): void {
  output.record(Object.entries(resourceJson(server)).map(([name, value]) => [name, readable(value)]));
}

export function printResources(output: Output, servers: readonly ListedResourceServer[]): void {
  output.table(
    ['IDENTIFIER', 'SOURCE', 'FORMAT', 'SCOPES'],
    servers.map(({ identifier, source, accessTokenFormat, scopes }) => [
      identifier,
      source,
      accessTokenFormat,
      scopes.join(' '),
    ]),
  );
}

function readable(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value) || '-';
}
