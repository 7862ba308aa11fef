import { setImmediate, setTimeout } from 'node:timers/promises';

/** A write that does not end, on a connection that is dead, must not hold up the writes after it. */
const LONGEST_WRITE_MILLISECONDS = 5000;

interface Waiting<Row> {
  readonly row: Row;
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

/**
 * Writes rows that arrive together in one go. While a write is under way the next ones gather; nobody is
 * answered before the write of their own row is done.
 */
export class GroupCommit<Row> {
  private readonly waiting: Waiting<Row>[] = [];
  private writing = false;

  constructor(
    private readonly write: (rows: readonly Row[]) => Promise<void>,
    private readonly mostRows: number,
    /** Whether a failure is the fault of one row: then each row is written alone, and the others go through. */
    private readonly isFaultOfOneRow: (cause: unknown) => boolean,
    private readonly longestWrite = LONGEST_WRITE_MILLISECONDS,
  ) {}

  add(row: Row): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ row, resolve, reject });
      if (!this.writing) void this.writeAll();
    });
  }

  private async writeAll(): Promise<void> {
    this.writing = true;
    while (this.waiting.length > 0) {
      // SQLite answers within the turn: without this no second row would ever join the first.
      await setImmediate();
      await this.writeGroup(this.waiting.splice(0, this.mostRows));
    }
    this.writing = false;
  }

  private async writeGroup(group: readonly Waiting<Row>[]): Promise<void> {
    try {
      await this.writeInTime(group.map(({ row }) => row));
      for (const { resolve } of group) resolve();
    } catch (cause) {
      if (group.length > 1 && this.isFaultOfOneRow(cause)) {
        for (const one of group) await this.writeGroup([one]);
      } else {
        for (const { reject } of group) reject(cause);
      }
    }
  }

  private async writeInTime(rows: readonly Row[]): Promise<void> {
    const timer = new AbortController();
    const late = setTimeout(this.longestWrite, undefined, timer).then(() => {
      throw new Error('The rows were not written in time.');
    });
    late.catch(() => undefined);
    try {
      await Promise.race([this.write(rows), late]);
    } finally {
      timer.abort();
    }
  }
}
