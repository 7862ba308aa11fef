import type { Labels } from '../client/client.js';
import type { RegistrationPolicy } from './registration.policy.js';

/** An initial access token (RFC 7591 §3) that an operator has issued, at rest. */
export interface StoredRegistrationToken {
  /** Names it, and is not it. */
  readonly id: string;
  /** Identifies the token; its value cannot be had from it. Hexadecimal. */
  readonly digest: string;
  /** Seconds since 1970, as every time. */
  readonly createdAt: number;
  /** Missing: never. */
  readonly expiresAt?: number;
  /** How many clients it may register. Missing: any number. */
  readonly mostUses?: number;
  /** How many it has registered. */
  readonly uses: number;
  readonly policy: RegistrationPolicy;
  readonly description?: string;
  /** What the clients that it registers are given: an operator's words, not theirs. */
  readonly owner?: string;
  readonly labels?: Labels;
}

/** Where registration tokens are kept. Each method is one atomic step; several instances call it at once. */
export abstract class RegistrationTokenStore {
  /** Rejects where the id or the digest is taken. */
  abstract insert(token: StoredRegistrationToken): Promise<void>;
  abstract find(digest: string): Promise<StoredRegistrationToken | undefined>;
  /** At most `limit` tokens in the order of their ids, from the first one after `after`. */
  abstract list(page: {
    readonly after?: string;
    readonly limit: number;
  }): Promise<StoredRegistrationToken[]>;
  /** Whether one is there that is not expired at `now` and has a use left. */
  abstract hasLive(now: number): Promise<boolean>;
  /** Counts one use, if the token is there, is not expired at `now` and has a use left; false, and nothing counted, if not. */
  abstract use(id: string, now: number): Promise<boolean>;
  /** Takes one use back, after a registration that has failed. Does nothing where there is none. */
  abstract giveBack(id: string): Promise<void>;
  /** False when there was no such token. */
  abstract delete(id: string): Promise<boolean>;
  /** Removes what expired before this moment, and tells how many. */
  abstract deleteExpired(before: number): Promise<number>;
}
