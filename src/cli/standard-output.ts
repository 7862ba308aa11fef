import { write } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { CommandError, reason } from './failure.js';
import type { TextSink } from './io.js';

type Send = (text: string) => Promise<void>;

/** Standard output, of which all arrives, or the command says that it does not. */
export class StandardOutput implements TextSink {
  readonly isTTY: boolean;
  private readonly send: Send;
  private last: Promise<void> = Promise.resolve();
  private waiting = 0;

  constructor(stream: Writable & { readonly fd: number; readonly isTTY?: boolean }) {
    this.isTTY = stream.isTTY === true;
    // The stream of a file takes a text that was cut short for written.
    this.send = stream instanceof Socket ? throughStream(stream) : intoFile(stream.fd);
    // Each write tells of its own.
    stream.on('error', () => undefined);
  }

  /**
   * Ends when the text, and all before it, is written. Who does not wait hears of a failure from the next one. @throws
   * CommandError `output_failed`
   */
  write(text: string): Promise<void> {
    // At once where nothing waits, so that a remark on standard error comes after the result that it is about.
    const written = this.waiting === 0 ? this.attempt(text) : this.last.then(() => this.attempt(text));
    this.waiting++;
    this.last = Promise.all([this.last, written]).then(() => undefined);
    this.last.catch(() => undefined);
    void written.catch(() => undefined).then(() => this.waiting--);
    return this.last;
  }

  private async attempt(text: string): Promise<void> {
    try {
      await this.send(text);
    } catch (cause) {
      // A reader that has seen enough, such as `head`, closes the pipe.
      if (cause instanceof Error && 'code' in cause && cause.code === 'EPIPE') process.exit(1);
      throw new CommandError('output_failed', `Standard output cannot be written: ${reason(cause)}`);
    }
  }
}

function throughStream(stream: Writable): Send {
  const send = stream.write.bind(stream);
  return (text) =>
    new Promise((resolve, reject) => {
      send(text, (failure) => (failure ? reject(failure) : resolve()));
    });
}

function intoFile(file: number): Send {
  const writeSome = promisify(write);
  return async (text) => {
    for (let rest = Buffer.from(text, 'utf8'); rest.length > 0;) {
      const { bytesWritten } = await writeSome(file, rest);
      rest = rest.subarray(bytesWritten);
    }
  };
}
