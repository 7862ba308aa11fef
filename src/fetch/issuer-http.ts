import { IssuerHttp, type IssuerRequest, type IssuerResponse } from '../oauth/resource/remote/issuer-http.js';
import { Limit } from './limit.js';
import { Refusal } from './refusal.js';

const MOST_BYTES = 65_536;
/** An issuer that hangs must not be waited for by everybody who sends a token, good or not. */
const LIMITS = { running: 256, perKey: 256, waiting: 256 };
const FORM = 'application/x-www-form-urlencoded';

/**
 * Reaches the issuer with the fetch of the platform. The issuer is the host's own choice, so any network will do; but no
 * redirect is followed, an answer must have come within its time and within 64 KiB, and so many requests run at a time.
 */
export class FetchIssuerHttp extends IssuerHttp {
  private readonly limit = new Limit(LIMITS, 'requests to the issuer');

  /** @param seconds for the whole of an exchange */
  constructor(private readonly seconds: number) {
    super();
  }

  async send(request: IssuerRequest): Promise<IssuerResponse> {
    try {
      return await this.limit.run(request.url.host, () => this.exchange(request));
    } catch (cause) {
      const reason = reasonOf(cause, this.seconds);
      throw new Error(`The request to ${request.url.host} failed: ${reason}.`);
    }
  }

  private async exchange({ url, headers, form }: IssuerRequest): Promise<IssuerResponse> {
    const response = await fetch(url, {
      ...(form && { method: 'POST', body: form.toString() }),
      headers: allHeaders(headers, form),
      redirect: 'error',
      signal: AbortSignal.timeout(this.seconds * 1000),
    });
    return {
      status: response.status,
      contentType: response.headers.get('content-type') ?? undefined,
      cacheControl: response.headers.get('cache-control') ?? undefined,
      body: await bodyOf(response),
    };
  }
}

function allHeaders(given: Headers, form: URLSearchParams | undefined): Headers {
  const headers = new Headers(given);
  headers.set('accept-encoding', 'identity');
  headers.set('user-agent', 'nestjs-oauth-kit');
  if (form) headers.set('content-type', FORM);
  return headers;
}

/** Leaving the loop ends the connection. */
async function bodyOf({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > MOST_BYTES) throw new Refusal(`the response has more than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What the log may know. Messages of certificates and of headers quote what stands in them. */
function reasonOf(cause: unknown, seconds: number): string {
  if (cause instanceof Refusal) return cause.message;
  if (!(cause instanceof Error)) return 'the connection failed';
  if (cause.name === 'TimeoutError') return `it took longer than ${seconds} s`;
  const { cause: inner } = cause;
  if (inner instanceof Error && inner.message === 'unexpected redirect') return 'it was redirected';
  const code = inner instanceof Error && 'code' in inner ? inner.code : undefined;
  return typeof code === 'string' ? code : 'the connection failed';
}
