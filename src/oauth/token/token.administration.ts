import { IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { AdministrationError } from '../administration.error.js';
import type { Journal } from '../audit/journal.js';
import { tenantOf, type Client } from '../client/client.js';
import type { ClientAdministration } from '../client/client.administration.js';
import type { Clock } from '../clock.js';
import type { RevokedTokens } from '../revocation/revoked-tokens.js';
import { reach } from '../store-failure.js';
import { requireValid } from '../validation.js';
import type { AccessTokenStore, StoredAccessToken } from './access-token.store.js';
import { carriesSeries, isOfSeries } from './token-series.js';

const MOST = 500;
const TOKEN_ID = /^[\x20-\x7e]{1,255}$/;

const limit = { message: `limit must be a whole number from 1 to ${MOST}` };
const cursor = { message: 'after must be the next of the page before' };

/** An opaque access token as an operator sees it: nothing of its value. */
export interface TokenInformation {
  /** `jti`. */
  readonly id: string;
  readonly audience: string;
  readonly scope: readonly string[];
  /** Seconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** A page of tokens. Dead ones that are still stored are left out, so a page may be short, and even empty, before the last. */
export interface TokenList {
  readonly tokens: readonly TokenInformation[];
  /** The cursor of the next page. Missing: this is the last. */
  readonly next?: string;
}

export interface TokenPage {
  /** 1 to 500. Default: 50. */
  readonly limit?: number | undefined;
  /** The `next` of the page before. */
  readonly after?: string | undefined;
}

class TokenQuery {
  @IsOptional()
  @IsInt(limit)
  @Min(1, limit)
  @Max(MOST, limit)
  readonly limit?: number;

  @IsOptional()
  @IsString(cursor)
  @Matches(TOKEN_ID, cursor)
  readonly after?: string;

  static from({ limit, after }: TokenPage): TokenQuery {
    const query = new TokenQuery();
    return requireValid(Object.assign(query, { limit: limit ?? undefined, after: after ?? undefined }));
  }
}

/** What an operator does with the access tokens of a client. */
export class TokenAdministration {
  constructor(
    private readonly clients: ClientAdministration,
    private readonly store: AccessTokenStore,
    private readonly revoked: RevokedTokens,
    /** Seconds for which a revoked JWT has to be remembered. */
    private readonly longest: number,
    private readonly clock: Clock,
    private readonly journal: Journal,
  ) {}

  /**
   * The opaque tokens that are alive, in the order of their ids; of JWTs nothing is stored. @throws AdministrationError
   * `client_not_found`, OauthError `invalid_request`
   */
  async list(clientId: string, page: TokenPage = {}): Promise<TokenList> {
    const { limit: most = 50, after } = TokenQuery.from(page);
    const { tokenSeries } = await this.clients.get(clientId);
    // One more tells whether there is a page behind this one.
    const found = await reach(() =>
      this.store.listOf(clientId, { limit: most + 1, ...(after !== undefined && { after }) }),
    );
    const seen = found.slice(0, most);
    const now = this.clock.now();
    const alive = seen.filter(({ id, expiresAt }) => expiresAt > now && isOfSeries(id, tokenSeries));
    const tokens = alive.map(toInformation);
    const last = seen.at(-1);
    return found.length > most && last ? { tokens, next: last.id } : { tokens };
  }

  /**
   * Ends one token, of either format, by its `jti`. Of a JWT nothing is stored, so that every `jti` is believed that the
   * client may have. @throws AdministrationError `client_not_found`, `token_not_found`
   */
  async revoke(clientId: string, tokenId: string): Promise<void> {
    const client = await this.clients.get(clientId);
    const told = { tenant: tenantOf(client), detail: { token_id: tokenId } };
    await this.journal.telling('client.token_revoked', clientId, told, async () => {
      if (await this.end(client, tokenId)) return;
      throw new AdministrationError('token_not_found', `The client ${clientId} has no such token.`);
    });
  }

  /** Ends every token of the client, of either format. It may get new ones. @throws AdministrationError `client_not_found` */
  revokeAll(clientId: string): Promise<Client> {
    return this.clients.revokeTokens(clientId);
  }

  private async end({ id, tokenSeries }: Client, tokenId: string): Promise<boolean> {
    if (typeof tokenId !== 'string' || !TOKEN_ID.test(tokenId)) return false;
    if (await reach(() => this.store.deleteOf(id, tokenId))) return true;
    if (!carriesSeries(tokenId, tokenSeries)) return false;
    await this.revoked.add(tokenId, this.clock.now() + this.longest);
    return true;
  }
}

function toInformation({ id, audience, scope, issuedAt, expiresAt }: StoredAccessToken): TokenInformation {
  return { id, audience, scope, issuedAt, expiresAt };
}
