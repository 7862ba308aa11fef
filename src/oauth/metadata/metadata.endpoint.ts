import { publicDocument, requireReading } from '../http/public-document.js';
import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';
import type { ServerMetadata, ServerMetadataDocument } from './server-metadata.js';

/** Where the metadata of an issuer without a path stands, RFC 8414 §3. */
export const WELL_KNOWN = '/.well-known/oauth-authorization-server';
const MAX_AGE = 300;

/** Where the metadata of this issuer stands: its path goes behind the well-known one (RFC 8414 §3.1). */
export function metadataPath(issuer: string): string {
  return WELL_KNOWN + new URL(issuer).pathname.replace(/\/$/, '');
}

/** The document as it is now. */
export type ServerMetadataSource = () => Promise<ServerMetadataDocument>;

/** Publishes what this server can do, RFC 8414. Built from the configuration and the state, never from a request. */
export class MetadataEndpoint {
  constructor(
    private readonly issuer: string,
    private readonly current: ServerMetadataSource,
  ) {}

  /** @throws OauthError */
  async handle(http: OauthRequest): Promise<ServerMetadata> {
    requireReading(http);
    const path = http.url.split('?', 1)[0] ?? '';
    const wanted = metadataPath(this.issuer);
    // A host behind a prefix, its own or a proxy's, still has to end in the issuer's well-known path.
    if (!path.endsWith(wanted)) {
      throw OauthError.invalidRequest('This server has no issuer of that path.', { status: 404 });
    }
    const document = await this.current();
    return { ...publicDocument(http, document, MAX_AGE), document };
  }
}
