import type { Provider } from '@nestjs/common';
import { FetchIssuerHttp } from '../../fetch/issuer-http.js';
import { JoseSigningKeyFactory } from '../../jose/jose-signing-key.factory.js';
import { JoseVerificationKeyFactory } from '../../jose/jose-verification-key.factory.js';
import { RemoteKeySets } from '../../oauth/client/keys/remote-key-sets.js';
import { VerificationKeyFactory } from '../../oauth/client/keys/verification-key.js';
import { SigningKeyFactory } from '../../oauth/keys/signing-key.js';
import { AccessTokenVerifier } from '../../oauth/resource/access-token.verifier.js';
import { JwtAccessTokenVerifier } from '../../oauth/resource/jwt-access-token.verifier.js';
import { ProtectedRequests } from '../../oauth/resource/protected-request.js';
import { IntrospectingAccessTokenVerifier } from '../../oauth/resource/remote/introspecting-access-token.verifier.js';
import { JsonAnswers } from '../../oauth/resource/remote/introspection-answers.js';
import { introspectionAuthentication } from '../../oauth/resource/remote/introspection-authentication.factory.js';
import { IntrospectionCache } from '../../oauth/resource/remote/introspection.cache.js';
import { IntrospectionClient } from '../../oauth/resource/remote/introspection.client.js';
import type { IntrospectionConfiguration } from '../../oauth/resource/remote/introspection.configuration.js';
import { IssuerHttp } from '../../oauth/resource/remote/issuer-http.js';
import { IssuerJwksFetcher } from '../../oauth/resource/remote/issuer-jwks.fetcher.js';
import { IssuerKeys } from '../../oauth/resource/remote/issuer-keys.js';
import { IssuerMetadata, type IssuerEndpoint } from '../../oauth/resource/remote/issuer-metadata.js';
import {
  resolveRemoteResource,
  type RemoteResourceConfiguration,
} from '../../oauth/resource/remote/remote-resource.configuration.js';
import type { RemoteResourceOptions } from '../../oauth/resource/remote/remote-resource.options.js';
import { SignedAnswers } from '../../oauth/resource/remote/signed-introspection.answers.js';
import { ResourceMetadataEndpoint } from '../../oauth/resource/resource-metadata.endpoint.js';
import { FailureLog } from '../failure.log.js';
import { rarely } from '../rarely.js';
import { GUARDED_RESOURCES } from '../oauth.tokens.js';
import { RESOURCE_SERVER_CONFIGURATION, RESOURCE_SERVER_OPTIONS } from '../resource-server.tokens.js';

/** Seconds. */
const SIGNED_ANSWERS_PAUSE = 2;

function neededOf({ introspection }: RemoteResourceConfiguration): IssuerEndpoint[] {
  if (!introspection) return ['jwks_uri'];
  return introspection.signedResponses ? ['introspection_endpoint', 'jwks_uri'] : ['introspection_endpoint'];
}

function issuerMetadata(
  configuration: RemoteResourceConfiguration,
  http: IssuerHttp,
  log: FailureLog,
): IssuerMetadata {
  const { issuer, clock, maxStale } = configuration;
  const onFailure = (cause: unknown) => log.report(`The metadata of ${issuer} could not be read`, cause);
  return new IssuerMetadata(http, issuer, neededOf(configuration), {
    clock,
    grace: maxStale,
    impatient: true,
    onFailure,
  });
}

function issuerKeys(
  { issuer, algorithms, maxStale: grace, introspection, clock }: RemoteResourceConfiguration,
  metadata: IssuerMetadata,
  http: IssuerHttp,
  factory: VerificationKeyFactory,
  log: FailureLog,
): IssuerKeys {
  const report = (cause: unknown) => log.report(`The keys of ${issuer} could not be read`, cause);
  const sets = new RemoteKeySets(new IssuerJwksFetcher(http), factory, clock, report, {
    grace,
    impatient: true,
    // Then the issuer alone says which key is needed, and may have made it just now.
    ...(introspection && { searchPause: SIGNED_ANSWERS_PAUSE }),
    isUseful: (keys) => keys.some((key) => algorithms.some((algorithm) => key.suits(algorithm))),
  });
  return new IssuerKeys(metadata, sets, algorithms);
}

/** What verifiers ask at the issuer. */
type IssuerParts = readonly [IssuerMetadata, IssuerKeys, IssuerHttp, SigningKeyFactory, FailureLog];

function verifier(
  configuration: RemoteResourceConfiguration,
  ...parts: IssuerParts
): AccessTokenVerifier | Promise<AccessTokenVerifier> {
  const { issuer, clockTolerance: tolerance, introspection, clock } = configuration;
  if (introspection) return introspecting(configuration, introspection, ...parts);
  const [, keys] = parts;
  return new JwtAccessTokenVerifier(
    (kid, algorithm) => keys.find(kid, algorithm),
    { issuer, tolerance },
    clock,
  );
}

async function introspecting(
  { issuer, clockTolerance: tolerance, clock }: RemoteResourceConfiguration,
  introspection: IntrospectionConfiguration,
  ...[metadata, keys, http, signingKeys, log]: IssuerParts
): Promise<AccessTokenVerifier> {
  const { clientId, cache, signedResponses } = introspection;
  const tell = rarely(clock, (cause) => log.report(`Tokens could not be introspected at ${issuer}`, cause));
  const client = new IntrospectionClient({
    http,
    metadata,
    authentication: await introspectionAuthentication(introspection, issuer, clock, signingKeys),
    answers: signedResponses
      ? new SignedAnswers(keys, { issuer, clientId, tolerance }, clock)
      : new JsonAnswers(),
    onFailure: tell,
  });
  const rules = { issuer, tolerance };
  return new IntrospectingAccessTokenVerifier(client, new IntrospectionCache(cache, clock), rules, clock);
}

export const resourceServerProviders: Provider[] = [
  {
    provide: RESOURCE_SERVER_CONFIGURATION,
    inject: [RESOURCE_SERVER_OPTIONS],
    useFactory: (options: RemoteResourceOptions) => resolveRemoteResource(options),
  },
  {
    provide: GUARDED_RESOURCES,
    inject: [RESOURCE_SERVER_CONFIGURATION],
    useFactory: ({ resources }: RemoteResourceConfiguration) => resources,
  },
  { provide: VerificationKeyFactory, useClass: JoseVerificationKeyFactory },
  { provide: SigningKeyFactory, useClass: JoseSigningKeyFactory },
  {
    provide: IssuerHttp,
    inject: [RESOURCE_SERVER_CONFIGURATION],
    useFactory: ({ timeout }: RemoteResourceConfiguration) => new FetchIssuerHttp(timeout),
  },
  {
    provide: IssuerMetadata,
    inject: [RESOURCE_SERVER_CONFIGURATION, IssuerHttp, FailureLog],
    useFactory: issuerMetadata,
  },
  {
    provide: IssuerKeys,
    inject: [RESOURCE_SERVER_CONFIGURATION, IssuerMetadata, IssuerHttp, VerificationKeyFactory, FailureLog],
    useFactory: issuerKeys,
  },
  {
    provide: AccessTokenVerifier,
    inject: [
      RESOURCE_SERVER_CONFIGURATION,
      IssuerMetadata,
      IssuerKeys,
      IssuerHttp,
      SigningKeyFactory,
      FailureLog,
    ],
    useFactory: verifier,
  },
  {
    provide: ProtectedRequests,
    inject: [AccessTokenVerifier, RESOURCE_SERVER_CONFIGURATION],
    useFactory: (tokens: AccessTokenVerifier, { resources, realm }: RemoteResourceConfiguration) =>
      new ProtectedRequests(tokens, resources, realm),
  },
  {
    provide: ResourceMetadataEndpoint,
    inject: [RESOURCE_SERVER_CONFIGURATION],
    useFactory: ({ resources, issuer }: RemoteResourceConfiguration) =>
      new ResourceMetadataEndpoint(resources, issuer),
  },
];
