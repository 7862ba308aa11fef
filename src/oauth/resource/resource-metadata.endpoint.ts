import { publicDocument, requireReading } from '../http/public-document.js';
import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';
import { metadataUrlOf, type GuardedResource, type GuardedResources } from './guarded-resource.js';
import {
  describeResource,
  resourceMetadataPath,
  type ResourceMetadata,
  type ResourceMetadataDocument,
} from './resource-metadata.js';

const MAX_AGE = 300;

interface Published {
  readonly path: string;
  /** With its question mark, '' where the identifier has none. */
  readonly query: string;
  readonly host: string;
  readonly document: ResourceMetadataDocument;
}

/** Publishes what each resource server accepts, RFC 9728. Built from what is configured and stored, never from a request. */
export class ResourceMetadataEndpoint {
  private described: readonly GuardedResource[] = [];
  private published: readonly Published[] = [];

  constructor(
    private readonly resources: GuardedResources,
    private readonly issuer: string,
  ) {}

  /** @throws OauthError */
  async handle(http: OauthRequest): Promise<ResourceMetadata> {
    requireReading(http);
    await this.resources.refresh();
    this.describe(this.resources.all);
    const document = this.find(http);
    if (!document) {
      throw OauthError.invalidRequest('There is no resource server of that path.', { status: 404 });
    }
    return { ...publicDocument(http, document, MAX_AGE), document };
  }

  /** Nothing to do while they are the same. */
  private describe(all: readonly GuardedResource[]): void {
    if (all === this.described) return;
    this.published = all.flatMap((resource) => {
      const at = metadataUrlOf(resource) && resourceMetadataPath(resource.identifier);
      if (at === undefined) return [];
      const [path, query] = pathAndQuery(at);
      const { host } = new URL(resource.identifier);
      return [{ path, query, host, document: describeResource(resource, this.issuer) }];
    });
    this.described = all;
  }

  /** A host behind a prefix still has to end in the well-known path. The query counts where an identifier has it. */
  private find({ url, headers }: OauthRequest): ResourceMetadataDocument | undefined {
    const [path, query] = pathAndQuery(url);
    const there = this.published.filter((each) => path.endsWith(each.path));
    const exact = there.filter((each) => each.query !== '' && each.query === query);
    const found = exact.length > 0 ? exact : there.filter((each) => each.query === '');
    const [only, ...others] = found;
    if (others.length === 0) return only?.document;
    // Several hosts may have the same paths. The header chooses among them, and is found in none of the documents.
    const asked = String(headers['host']).toLowerCase();
    const at = (host: string) => found.find((each) => each.host === host)?.document;
    return at(asked) ?? at(new URL(this.issuer).host);
  }
}

function pathAndQuery(text: string): [path: string, query: string] {
  const at = text.indexOf('?');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at)];
}
