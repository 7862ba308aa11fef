import { isLoopback } from '../option-checks.js';
import type { GuardedResource } from './guarded-resource.js';

/** Where the metadata of a resource without a path stands, RFC 9728 §3. */
export const RESOURCE_WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** Protected resource metadata under the names of RFC 9728 §2, so that a view can send `document` as it is. */
export interface ResourceMetadataDocument {
  readonly resource: string;
  readonly authorization_servers: readonly string[];
  readonly scopes_supported?: readonly string[];
  /** RFC 6750 §2: a token is read from the header and from nowhere else. */
  readonly bearer_methods_supported: readonly string[];
  readonly resource_name?: string;
  readonly resource_documentation?: string;
}

export interface ResourceMetadata {
  /** 304 when the caller has this very document already; then no body is sent. */
  readonly status: 200 | 304;
  readonly headers: Readonly<Record<string, string>>;
  readonly document: ResourceMetadataDocument;
}

/**
 * Path and query of the metadata, behind the well-known path (RFC 9728 §3.1). `undefined` for an identifier that cannot
 * have any: no https URL, or http off loopback, or with credentials (RFC 9728 §1.2).
 */
export function resourceMetadataPath(identifier: string): string | undefined {
  // As it is written: a URL's own spelling of the path may be another.
  const parts = /^https?:\/\/[^/?@]+([/?].*)?$/i.exec(identifier);
  const url = new URL(identifier);
  if (!parts || (url.protocol !== 'https:' && !isLoopback(url))) return undefined;
  const [, rest = ''] = parts;
  return RESOURCE_WELL_KNOWN + (rest.startsWith('/?') || rest === '/' ? rest.slice(1) : rest);
}

/** Where the metadata of this resource stands. */
export function resourceMetadataUrl(identifier: string): string | undefined {
  const path = resourceMetadataPath(identifier);
  return path === undefined ? undefined : new URL(identifier).origin + path;
}

export function describeResource(
  { identifier, scopes, name, documentation }: GuardedResource,
  issuer: string,
): ResourceMetadataDocument {
  return {
    resource: identifier,
    authorization_servers: [issuer],
    ...(scopes && { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    ...(name !== undefined && { resource_name: name }),
    ...(documentation !== undefined && { resource_documentation: documentation }),
  };
}
