import type { ServerResponse } from 'node:http';
import type { OauthContext, OauthRequest } from '../oauth/oauth.request.js';

/** What a kit's response or error says about the HTTP answer. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The context of an HTTP request on Express or Fastify, as `@Oauth()` hands it to a controller. An interface, so that a
 * host's ValidationPipe finds nothing in it to validate or to strip.
 */
export interface HttpContext extends OauthContext {
  readonly request: OauthRequest;
  /** The platform's own request, for what the host needs of it in its callbacks. */
  readonly platformRequest: unknown;
  /**
   * Sends the answer: status and headers of `answer`, and `body` as JSON; a text as it is, with the content type that
   * `answer` has for it; or nothing. It goes out past interceptors that would wrap it, because OAuth clients read exactly
   * this.
   */
  send(answer: HttpAnswer, body?: object | string): void;
}

/** The one answer of both platforms that is used here. */
interface FastifyReply {
  readonly raw: ServerResponse;
  code(status: number): this;
  headers(headers: Record<string, string>): this;
  send(body: Buffer | undefined): this;
}

type PlatformResponse = ServerResponse | FastifyReply;

export function isFastifyReply(response: PlatformResponse): response is FastifyReply {
  return 'raw' in response && typeof response.code === 'function';
}

export class PlatformHttpContext implements HttpContext {
  constructor(
    readonly request: OauthRequest,
    readonly platformRequest: unknown,
    private readonly response: PlatformResponse,
  ) {}

  send({ status, headers }: HttpAnswer, body?: object | string): void {
    const bare = status === 204 || status === 304;
    const json = typeof body === 'object';
    const text = body === undefined || bare ? '' : json ? JSON.stringify(body) : body;
    const all = { ...headers, ...(json && !bare && { 'Content-Type': 'application/json' }) };
    if (isFastifyReply(this.response)) {
      // As bytes: to a string Fastify would add a charset, which JSON does not have.
      this.response
        .code(status)
        .headers(all)
        .send(text === '' ? undefined : Buffer.from(text, 'utf8'));
      return;
    }
    const length = bare ? {} : { 'Content-Length': String(Buffer.byteLength(text)) };
    this.response.writeHead(status, { ...all, ...length }).end(text);
  }
}
