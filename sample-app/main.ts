import 'reflect-metadata';
import { Logger, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import express from 'express';
import { OauthAdmin, useOauthBodies } from 'nestjs-oauth-kit';
import { describeAdminApi } from './admin/admin-api.js';
import { AppModule } from './app.module.js';
import { createDemoClient, demoText } from './demo-client.js';
import { issuerPath } from './oauth/issuer-path.js';
import { readSettings, type Settings } from './settings.js';

const logger = new Logger('SampleApp');

/** One spelling of each path, as on Fastify. */
function expressAdapter(): ExpressAdapter {
  const server = express();
  server.enable('case sensitive routing').enable('strict routing').disable('x-powered-by');
  return new ExpressAdapter(server);
}

/**
 * Connections that are kept alive hold up a stop: Fastify's 72 seconds are too long, Node's 5 are right. The admin API
 * has identifiers of up to 1024 characters in its paths, percent-encoded.
 */
function fastifyAdapter(): FastifyAdapter {
  return new FastifyAdapter({ keepAliveTimeout: 5000, routerOptions: { maxParamLength: 3072 } });
}

async function createApp({ httpAdapter }: Settings): Promise<INestApplication> {
  const adapter = httpAdapter === 'fastify' ? fastifyAdapter() : expressAdapter();
  const app = await NestFactory.create(AppModule, adapter, {
    bodyParser: false,
    // A start that fails is told in one line, below.
    abortOnError: false,
    bufferLogs: true,
    autoFlushLogs: false,
  });
  app.flushLogs();
  useOauthBodies(app);
  return app;
}

async function start(): Promise<void> {
  const settings = readSettings();
  const app = await createApp(settings);
  const prefix = issuerPath(settings.issuer);
  if (prefix !== '') app.setGlobalPrefix(prefix, { exclude: ['.well-known/{*path}'] });
  describeAdminApi(app);
  // Not on every signal: Nest would turn a crash (SIGSEGV) into a silence that no supervisor restarts.
  app.enableShutdownHooks(['SIGTERM', 'SIGINT']);
  await app.listen(settings.port, settings.host);
  logger.log(`Authorization server ${settings.issuer} on ${settings.httpAdapter}`);
  if (settings.issuer.startsWith('http:')) logger.warn('Plain http: for development on this machine only.');
  const demo = await createDemoClient(app.get(OauthAdmin));
  if (demo) console.log(`\n${demoText(settings.issuer, demo)}`);
  else logger.log('To get a client: npm run --silent oauth -- client create --scope catalog:read');
}

start().catch((failure: unknown) => {
  console.error(
    `The sample app did not start: ${failure instanceof Error ? explain(failure) : String(failure)}`,
  );
  process.exit(1);
});

/** A refused connection has its reason in its code alone. */
function explain(failure: Error & { readonly code?: string }): string {
  return failure.message || (failure.code ?? failure.name);
}
