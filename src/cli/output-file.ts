import { open, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { reason, UsageError } from './failure.js';

/** A file that is there when it is complete, and that its owner alone may read. */
export class OutputFile {
  private constructor(
    private readonly path: string,
    private readonly temporary: string,
    private readonly handle: FileHandle,
  ) {}

  /** Makes the file with what `write` gives it, or nothing at all. @throws UsageError where it cannot be written */
  static async make(path: string, write: (file: OutputFile) => Promise<void>): Promise<void> {
    const file = await OutputFile.open(path);
    try {
      await write(file);
      await attempt(path, () => file.handle.sync());
      await file.handle.close();
      await attempt(path, () => rename(file.temporary, file.path));
    } catch (failure) {
      await file.handle.close().catch(() => undefined);
      await unlink(file.temporary).catch(() => undefined);
      throw failure;
    }
  }

  private static async open(path: string): Promise<OutputFile> {
    const there = await stat(path).catch(() => undefined);
    if (there && !there.isFile()) throw new UsageError(`${path} cannot be written: it is not a file`);
    const temporary = `${path}.${process.pid}.tmp`;
    return attempt(path, async () => new OutputFile(path, temporary, await open(temporary, 'wx', 0o600)));
  }

  append(text: string): Promise<void> {
    return attempt(this.path, () => this.handle.appendFile(text));
  }
}

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new UsageError(`${path} cannot be written: ${reason(cause)}`);
  }
}
