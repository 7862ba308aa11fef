import { JwksFetcher, type FetchedJwks } from '../../client/keys/jwks-fetcher.js';
import type { IssuerHttp } from './issuer-http.js';

/** Fetches the issuer's own JWK Set: from wherever its metadata says, since the issuer is trusted. */
export class IssuerJwksFetcher extends JwksFetcher {
  constructor(private readonly http: IssuerHttp) {
    super();
  }

  async fetch(url: URL): Promise<FetchedJwks> {
    const headers = new Headers({ accept: 'application/jwk-set+json, application/json' });
    const { status, body, cacheControl } = await this.http.send({ url, headers });
    if (status !== 200) throw new Error(`The JWK Set of the issuer came with status ${status}.`);
    return { body, cacheControl };
  }
}
