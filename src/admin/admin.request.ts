import type { HttpContext } from '../nest/http-context.js';
import type { BodyLimits } from '../oauth/http/body.js';
import { singleHeader } from '../oauth/http/headers.js';
import { OauthError } from '../oauth/oauth.error.js';
import { AdminQuery } from './admin.query.js';
import { readJson } from './json-body.js';

/** What the API reads of a request, the same on every platform, whatever pipes and parsers the host has. */
export class AdminRequest {
  constructor(
    private readonly context: HttpContext,
    private readonly limits: BodyLimits,
  ) {}

  /** A parameter of the path, decoded. */
  parameter(name: string): string {
    const { platformRequest: request } = this.context;
    const parameters: unknown =
      typeof request === 'object' && request !== null && 'params' in request ? request.params : undefined;
    const value: unknown = Object.getOwnPropertyDescriptor(Object(parameters), name)?.value;
    if (typeof value !== 'string') throw new Error(`The path has no parameter ${name}.`);
    return value;
  }

  /** @throws OauthError `invalid_request` for a parameter that is not one of these. */
  query(...names: readonly string[]): AdminQuery {
    return AdminQuery.from(this.context.request.url, names);
  }

  /** The body, parsed; undefined where there is none. @throws OauthError `invalid_request` */
  body(): Promise<unknown> {
    return readJson(this.context.request, this.limits);
  }

  /** Where something stands that was made by this request to the collection. */
  location(id: string): { readonly Location: string } {
    const [path = ''] = this.context.request.url.split(/[?#]/, 1);
    return { Location: `${path.replace(/\/+$/, '')}/${encodeURIComponent(id)}` };
  }

  /** The revisions of `If-Match` (RFC 9110 §13.1.1). Undefined: any will do. */
  expectedRevisions(): ReadonlySet<string> | undefined {
    const header = this.context.request.headers['if-match'];
    if (header === undefined) return undefined;
    const text = singleHeader(this.context.request, 'if-match')?.trim() ?? '';
    if (text === '*') return undefined;
    const tags = text.split(',').map((tag) => /^(?:W\/)?"([^"]*)"$/.exec(tag.trim()));
    if (tags.includes(null)) throw OauthError.invalidRequest('If-Match must be the ETag of what was read.');
    // A weak tag never matches: If-Match compares strongly.
    return new Set(tags.flatMap((tag) => (tag?.[0].startsWith('"') ? [tag[1] ?? ''] : [])));
  }
}
