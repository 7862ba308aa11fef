import { metadataPath } from '../../metadata/metadata.endpoint.js';
import { OauthError } from '../../oauth.error.js';
import { isLoopback } from '../../option-checks.js';
import type { IssuerHttp } from './issuer-http.js';
import { parseJsonDocument } from './json-document.js';
import { RemoteDocument, type ReadDocument, type RemoteDocumentRules } from '../../http/remote-document.js';

/** Members of the metadata that name what a resource server asks. */
export type IssuerEndpoint = 'jwks_uri' | 'introspection_endpoint';

type Endpoints = ReadonlyMap<IssuerEndpoint, URL>;

/**
 * Where the issuer's endpoints are, as its metadata says: RFC 8414. Read when it is first needed, since an API may start
 * before its issuer.
 */
export class IssuerMetadata {
  private readonly document: RemoteDocument<Endpoints>;

  constructor(
    private readonly http: IssuerHttp,
    private readonly issuer: string,
    /** Those that are needed. A document without one of them is not used. */
    private readonly needed: readonly IssuerEndpoint[],
    rules: RemoteDocumentRules,
  ) {
    this.document = new RemoteDocument(() => this.read(), rules);
  }

  /** @throws OauthError without a cause when it is not known: why, the log has been told. */
  async endpoint(name: IssuerEndpoint): Promise<URL> {
    const url = (await this.document.current())?.get(name);
    if (!url) throw OauthError.temporarilyUnavailable(undefined);
    return url;
  }

  private async read(): Promise<ReadDocument<Endpoints>> {
    const url = new URL(metadataPath(this.issuer), this.issuer);
    const headers = new Headers({ accept: 'application/json' });
    const { status, body, cacheControl } = await this.http.send({ url, headers });
    if (status !== 200) throw new Error(`The metadata of the issuer came with status ${status}.`);
    return { value: this.endpoints(parseJsonDocument(body, 'The metadata of the issuer')), cacheControl };
  }

  private endpoints(document: Readonly<Record<string, unknown>>): Endpoints {
    // RFC 8414 §3.3: exactly, or somebody else's metadata could pass for it.
    if (document['issuer'] !== this.issuer) throw new Error('The metadata is not that of the issuer.');
    return new Map(this.needed.map((name) => [name, endpointUrl(name, document[name])]));
  }
}

function endpointUrl(name: IssuerEndpoint, value: unknown): URL {
  if (value === undefined) throw new Error(`The metadata of the issuer has no ${name}.`);
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url));
  if (!url || !secure || url.username !== '' || url.password !== '') {
    throw new Error(
      `The metadata of the issuer has a ${name} that is no https URL, or that holds credentials.`,
    );
  }
  return url;
}
