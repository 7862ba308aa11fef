import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ReportsModule } from './reports.module.js';
import { readSettings } from './settings.js';

async function start(): Promise<void> {
  const { issuer, url, host, port, httpAdapter } = readSettings();
  const adapter =
    httpAdapter === 'fastify' ? new FastifyAdapter({ keepAliveTimeout: 5000 }) : new ExpressAdapter();
  const app = await NestFactory.create(ReportsModule, adapter, {
    // A start that fails is told in one line, below.
    abortOnError: false,
    bufferLogs: true,
    autoFlushLogs: false,
  });
  app.flushLogs();
  app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
  await app.listen(port, host);
  new Logger('Reports').log(`Reports ${url} on ${httpAdapter}, with tokens of ${issuer}`);
}

start().catch((failure: unknown) => {
  console.error(`The reports did not start: ${failure instanceof Error ? failure.message : String(failure)}`);
  process.exit(1);
});
