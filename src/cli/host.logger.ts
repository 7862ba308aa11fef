import type { LoggerService } from '@nestjs/common';
import { reason } from './failure.js';
import type { TextSink } from './io.js';
import { clean } from './output.js';

/** The host's log while the command runs: warnings and errors, one line each, on standard error. */
export class HostLogger implements LoggerService {
  constructor(private readonly stderr: TextSink) {}

  log(): void {}

  warn(message: unknown, ...details: unknown[]): void {
    this.print('warning', message, details);
  }

  error(message: unknown, ...details: unknown[]): void {
    this.print('error', message, details);
  }

  fatal(message: unknown, ...details: unknown[]): void {
    this.print('error', message, details);
  }

  /** Nest gives the context last. The stacks before it are left out. */
  private print(level: string, message: unknown, details: unknown[]): void {
    const context = details.at(-1);
    // Nest logs here what it also throws; the command reports that itself.
    if (context === 'ExceptionHandler') return;
    const source = typeof context === 'string' && !context.includes('\n') ? ` [${context}]` : '';
    this.stderr.write(clean(`${level}:${source} ${reason(message)}`) + '\n');
  }
}
