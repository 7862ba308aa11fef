import cliProgress from 'cli-progress';
import { Writable } from 'node:stream';
import type { TextSink } from './io.js';

/** How far something is that takes long: for a person at a terminal, and gone when it is done. */
export class Progress {
  private readonly bar: cliProgress.SingleBar | undefined;

  /** `total` may be unknown. Then the bar only counts. */
  constructor(stderr: TextSink, title: string, total?: number) {
    if (!stderr.isTTY) return;
    const format = total === undefined ? `${title}: {value}` : `${title} {bar} {percentage}%`;
    this.bar = new cliProgress.SingleBar(
      { format, stream: terminal(stderr), clearOnComplete: true, linewrap: true, gracefulExit: false },
      cliProgress.Presets.shades_classic,
    );
    this.bar.start(total ?? 0, 0);
  }

  advance(steps: number): void {
    this.bar?.increment(steps);
  }

  stop(): void {
    this.bar?.stop();
  }
}

function terminal(stderr: TextSink): Writable {
  const stream = new Writable({
    decodeStrings: false,
    write(text, _encoding, done) {
      stderr.write(String(text));
      done();
    },
  });
  return Object.assign(stream, { isTTY: true, columns: stderr.columns ?? 80 });
}
