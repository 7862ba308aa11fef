import type { ClientPage } from './client-page.js';
import type { Client, ClientSecret } from './client.js';

/** A client to be written: made, or, with the revision that was read, replaced. */
export interface ClientWrite {
  readonly client: Client;
  /**
   * Missing: the client is new, and made with its secrets. Given: it replaces the one of its id, if that is still at this
   * revision, which becomes one more. Its `secrets` are then those to be added, and no others: what is stored stays as it
   * is (one of the same id, too), and one that was removed meanwhile stays removed.
   */
  readonly revision?: number;
}

/** Where clients are kept. Each method is one atomic step; several instances call it at once. */
export abstract class ClientStore {
  /** The client of exactly this id, with all its secrets. Ids differ by case and by trailing spaces. */
  abstract find(id: string): Promise<Client | undefined>;
  /** Adds a client with its secrets. False, and nothing stored, when the id is taken. */
  abstract create(client: Client): Promise<boolean>;
  /** Replaces the client of this id, its secrets apart, if its revision is still `revision`, which becomes one more.
   *  False if not. */
  abstract update(client: Client, revision: number): Promise<boolean>;
  /** Removes a client and its secrets; with a revision, only the one at that revision. False when there was none. */
  abstract delete(id: string, revision?: number): Promise<boolean>;
  /** The clients of a page, with all their secrets. */
  abstract list(page: ClientPage): Promise<Client[]>;
  /**
   * Writes all of these, or none of them: each is about another client, and one that comes twice stands in its own way.
   * Resolves with the id of one that stands in the way (made or changed by somebody else meanwhile), and nothing is written
   * then; `undefined` when all are.
   */
  abstract writeAll(writes: readonly ClientWrite[]): Promise<string | undefined>;
}

/** The secrets of clients, changed one by one. */
export abstract class ClientSecretStore {
  /** Gives an existing client one more secret. False when there is no such client. */
  abstract add(clientId: string, secret: ClientSecret): Promise<boolean>;
  /** Lets these secrets end at `expiresAt`, unless they end sooner. Others of the client stay as they are. */
  abstract expire(clientId: string, secretIds: readonly string[], expiresAt: number): Promise<void>;
  /** False when there was no such secret. */
  abstract remove(clientId: string, secretId: string): Promise<boolean>;
  /**
   * Replaces how a secret is kept, if its digest is still `digest`: after the first use of an imported hash, and when the
   * encryption key has changed. False if not. Expiry and last use stay as they are.
   */
  abstract replace(
    secretId: string,
    digest: string,
    kept: { readonly digest: string; readonly encrypted?: string },
  ): Promise<boolean>;
  /** Records that a secret was used. */
  abstract touch(secretId: string, usedAt: number): Promise<void>;
  /** Removes what expired before this moment, and tells how many. */
  abstract deleteExpired(before: number): Promise<number>;
}
