#!/usr/bin/env node
import 'reflect-metadata';
import { run } from './program.js';

// What the host prints while it boots must not mix with the result, which scripts read from standard output.
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);

// A reader that has seen enough, such as `head`, closes the pipe.
process.stdout.on('error', () => process.exit(1));

const code = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: { write: (text) => write(text), isTTY: process.stdout.isTTY },
  stderr: process.stderr,
});

// The host may have left timers and sockets behind, and a pipe is written to asynchronously.
write('', () => process.exit(code));
