/** What is told besides, with the names of members and never with secrets, tokens or keys. */
export type AuditDetail = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** What has happened: who, what, when, from where. It is never changed. */
export interface AuditEntry {
  /** In the order of time: 32 lower-case hexadecimal characters that begin with the time. */
  readonly id: string;
  /** Seconds since 1970. */
  readonly at: number;
  /** What has happened: the type of an event, such as `client.created`. At most 64 characters. */
  readonly type: string;
  /** Who: the name of an actor, such as `client:ID`. Missing: nobody that is known. Printable ASCII, at most 255 characters. */
  readonly actor?: string;
  /** What it was done to: the id of a client, a key, a token. Printable ASCII, at most 255 characters. */
  readonly subject?: string;
  /** From where: the address of the peer. At most 64 characters. */
  readonly address?: string;
  /** The label `tenant` of the client that it was about. At most 255 characters of any text. */
  readonly tenant?: string;
  readonly detail: AuditDetail;
}

/** Keeps entries. A host may give its own, to write them where it likes. */
export abstract class AuditLog {
  /**
   * Resolves when all of them would survive a crash. Called with 1 to 500, in their order, and perhaps while an earlier call
   * is under way. What it rejects with, and that it did not answer within five seconds, goes to the host's log.
   */
  abstract append(entries: readonly AuditEntry[]): Promise<void>;
}

/** Which entries are wanted. All that is given has to be met. */
export interface AuditFilter {
  readonly type?: string;
  readonly actor?: string;
  readonly subject?: string;
  /** Seconds since 1970: not before. */
  readonly since?: number;
  /** Not after. */
  readonly until?: number;
}

/** An audit log that can be read: the one of a `Persistence`. */
export abstract class AuditStore extends AuditLog {
  /** At most `limit` entries, the newest first (by id), from the first one before the id `before`. */
  abstract list(page: {
    readonly filter?: AuditFilter;
    readonly before?: string;
    readonly limit: number;
  }): Promise<AuditEntry[]>;
  /** Removes the entries of before this moment, and tells how many. */
  abstract deleteBefore(at: number): Promise<number>;
}
