import { NO_STORE } from '../oauth.error.js';

/** The answer to a revocation, the same whether there was such a token or not: RFC 7009 §2.2. */
export class RevocationResponse {
  readonly status = 200;
  readonly headers: Readonly<Record<string, string>> = { ...NO_STORE };
}
