import { openSync, closeSync, statSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { AuditLog, type AuditEntry } from '../oauth/audit/audit.log.js';
import { ConfigurationError } from '../oauth/configuration.error.js';
import { check } from '../oauth/option-checks.js';
import { toLine } from './json-line.js';

const OPTION = 'JsonLinesAuditLog.file';
const WANTS = 'the path of a regular file, or of none yet, that this process may read and write';
const NEWLINE = 0x0a;
/** Only for its owner. */
const MODE = 0o600;
/** Within this a write that another process has begun gets on. */
const WRITE_MILLISECONDS = 50;

export interface JsonLinesAuditLogOptions {
  /** Path of the file, from the working directory where it is relative. Made where there is none, readable for its owner alone. */
  readonly file: string;
}

/**
 * An audit log in a file: one JSON object a line, with the names of {@link AuditEntry}, in UTF-8. Several processes of one
 * machine may share the file, on a local file system. It may be renamed at any time, as logrotate does it: each append
 * opens it anew. Each append costs one `fdatasync`, some milliseconds on a disk; those of a flood are written up to 500 at
 * once. A line that a crash has cut off stays as it is, and an empty one may stand behind it: whoever reads the file passes
 * over both.
 */
export class JsonLinesAuditLog extends AuditLog {
  private readonly file: string;

  /** Opens the file once, so that a wrong path stops the start. @throws ConfigurationError */
  constructor({ file }: JsonLinesAuditLogOptions) {
    super();
    check(typeof file === 'string' && file !== '' && !file.includes('\0'), OPTION, file, WANTS);
    this.file = resolve(file);
    this.tryOut();
  }

  async append(entries: readonly AuditEntry[]): Promise<void> {
    const handle = await open(this.file, 'a+', MODE);
    try {
      const { size } = await handle.stat();
      const start = (await isCutOff(handle)) ? '\n' : '';
      // One write, at the end whatever others write: O_APPEND.
      const bytes = Buffer.from(start + entries.map(toLine).join(''), 'utf8');
      const { bytesWritten } = await handle.write(bytes);
      if (bytesWritten < bytes.length) throw new Error('There is no room left for the audit log.');
      await handle.datasync();
      if (size === 0) await keepName(this.file);
    } finally {
      await handle.close();
    }
  }

  private tryOut(): void {
    try {
      const found = statSync(this.file, { throwIfNoEntry: false });
      // To open a pipe may take for ever.
      if (found && !found.isFile()) throw new Error('It is not a regular file.');
      closeSync(openSync(this.file, 'a+', MODE));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ConfigurationError(OPTION, `${JSON.stringify(this.file)} (${why})`, WANTS, cause);
    }
  }
}

/** Whether the last line has no end, and gets none: while another process writes, the file grows. */
async function isCutOff(handle: FileHandle): Promise<boolean> {
  let { size } = await handle.stat();
  while (!(await endsLineAt(handle, size))) {
    await setTimeout(WRITE_MILLISECONDS);
    const before = size;
    ({ size } = await handle.stat());
    if (size === before) return true;
  }
  return false;
}

async function endsLineAt(handle: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return true;
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return bytesRead === 0 || buffer[0] === NEWLINE;
}

/** A new file survives a crash when its directory does. Windows has no such thing. */
async function keepName(file: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(dirname(file), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
