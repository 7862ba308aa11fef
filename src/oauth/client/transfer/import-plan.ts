import type { ClientWrite } from '../client.store.js';

/** A line that cannot be imported. */
export interface RefusedLine {
  /** Counted from 1, blank ones too. */
  readonly line: number;
  /** Missing where the line does not name one. */
  readonly clientId?: string;
  /** `invalid_line`, or the code of the refusal that `client create` would give. */
  readonly code: string;
  /** Names the member, and never quotes the line, which may hold a secret. */
  readonly description: string;
}

/** What an import would change. */
export interface ImportPlan {
  /** The ids of new clients, in the order of the lines. */
  readonly created: readonly string[];
  /** Clients that are there and would change, with the names of the members that would. */
  readonly updated: readonly { readonly clientId: string; readonly changed: readonly string[] }[];
  /** How many clients are there as the lines have them. */
  readonly unchanged: number;
  /** In the order of the lines. */
  readonly refused: readonly RefusedLine[];
  /** Names of members that mean nothing here and are left out, each with the number of its lines. */
  readonly ignored: Readonly<Record<string, number>>;
  /** Those of the created and updated clients that authenticate with a secret and would have none: rotate it afterwards. */
  readonly withoutSecret: readonly string[];
  /**
   * Those that are there and keep their secrets, though their lines bring others: a `client_secret` that is none of their
   * live ones, a `client_secret_hash` that is not stored, or another secret under an id that they have. Rotating gives a
   * new one. A hash that was replaced by a digest, since it was used, counts as not stored.
   */
  readonly secretsKept: readonly string[];
  /** @internal */
  readonly writes: readonly ClientWrite[];
}
