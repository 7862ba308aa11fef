import type { INestApplication } from '@nestjs/common';
import type { OauthConfiguration } from '../oauth/oauth.configuration.js';
import { metadataPath } from '../oauth/metadata/metadata.endpoint.js';
import { deferBodyFailure } from './deferred-body.js';
import { useFastifyBodies, type FastifyBodies } from './fastify-bodies.js';
import { OAUTH_CONFIGURATION } from './oauth.tokens.js';

/** What Nest's application on Express adds to INestApplication. */
interface ExpressApplication {
  useBodyParser(type: 'json' | 'urlencoded', options: Record<string, unknown>): unknown;
  use(handler: unknown): unknown;
}

/** A body parser names the kind of its error, unlike other middleware. */
interface BodyParserError extends Error {
  readonly type?: string;
}

interface ExpressRequest {
  readonly originalUrl?: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/**
 * Leaves the bodies sent to the OAuth endpoints unread, so that the kit reads them by the rules of RFC 6749 and answers
 * every fault as an OAuth error; parses all other bodies (JSON and forms) as Nest does, except that a body which cannot
 * be parsed is reported when a handler asks for it, after the guards.
 *
 * Call it between `NestFactory.create(…, { bodyParser: false })` and `listen`. Without it the kit works with what the
 * host's parsers leave: `rawBody: true` gives it the bytes, and a body that a parser refuses is answered by Nest.
 */
export function useOauthBodies(app: INestApplication): void {
  const isOauth = oauthPaths(app.get<OauthConfiguration>(OAUTH_CONFIGURATION, { strict: false, each: true }));
  const adapter = app.getHttpAdapter();
  if (adapter.getType() === 'fastify') {
    useFastifyBodies(adapter.getInstance() as FastifyBodies, isOauth);
    return;
  }
  const express = app as unknown as ExpressApplication;
  const ofType = (pattern: RegExp) => (request: ExpressRequest) =>
    !isOauth(request.originalUrl ?? request.url) && pattern.test(request.headers['content-type'] ?? '');
  express.useBodyParser('json', { type: ofType(/^application\/(?:[\w.+-]+\+)?json\b/i) });
  express.useBodyParser('urlencoded', {
    type: ofType(/^application\/x-www-form-urlencoded\b/i),
    extended: true,
  });
  express.use((failure: BodyParserError, request: object, _: unknown, next: (failure?: Error) => void) => {
    if (failure.type === undefined) return next(failure);
    deferBodyFailure(request, failure);
    next();
  });
}

function oauthPaths(configurations: readonly OauthConfiguration[]): (url: string) => boolean {
  const paths = new Set(configurations.flatMap(pathsOf));
  // Below it each client has its own.
  const registrations = configurations.flatMap(({ registrationEndpoint: url }) =>
    url === undefined ? [] : [`${pathOf(url)}/`],
  );
  return (target) => {
    const path = pathOf(target);
    return paths.has(path) || registrations.some((prefix) => path.startsWith(prefix));
  };
}

function pathsOf(configuration: OauthConfiguration): string[] {
  const { issuer, tokenEndpoint, jwksUri } = configuration;
  const { introspectionEndpoint, revocationEndpoint, registrationEndpoint } = configuration;
  const urls = [tokenEndpoint, jwksUri, introspectionEndpoint, revocationEndpoint, registrationEndpoint];
  return [metadataPath(issuer), ...urls.filter((url) => url !== undefined)].map(pathOf);
}

/** Routers take other spellings for the same path: `/OAUTH/token/`, `/oauth/%74oken`, an absolute URL, a fragment. */
function pathOf(target: string): string {
  try {
    const { pathname } = new URL(target, 'http://localhost');
    return decodeURIComponent(pathname).toLowerCase().replace(/\/$/, '');
  } catch {
    return target;
  }
}
