#!/usr/bin/env node
import 'reflect-metadata';
import { run } from './program.js';
import { StandardOutput } from './standard-output.js';

const stdout = new StandardOutput(process.stdout);
// What the host prints while it boots must not mix with the result, which scripts read from standard output.
process.stdout.write = process.stderr.write.bind(process.stderr);

const code = await run(process.argv.slice(2), { stdin: process.stdin, stdout, stderr: process.stderr });

// The host may have left timers and sockets behind.
process.stderr.write('', () => process.exit(code));
