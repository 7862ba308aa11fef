import { Inject, Injectable } from '@nestjs/common';
import type { JwksApplication } from '../oauth/keys/jwks.application.js';
import { JwksEndpoint } from '../oauth/keys/jwks.endpoint.js';
import type { MetadataApplication } from '../oauth/metadata/metadata.application.js';
import { MetadataEndpoint } from '../oauth/metadata/metadata.endpoint.js';
import type { OauthError } from '../oauth/oauth.error.js';
import type { OauthContext } from '../oauth/oauth.request.js';
import { settle } from '../oauth/settle.js';
import type { TokenApplication } from '../oauth/token/token.application.js';
import { TokenEndpoint } from '../oauth/token/token.endpoint.js';
import { FailureLog } from './failure.log.js';

/**
 * The facade: each method decides one request, calls exactly one callback of `application`, exactly once, and resolves
 * with what that callback returned. It rejects only when the callback itself throws.
 */
@Injectable()
export class OauthService {
  constructor(
    @Inject(TokenEndpoint) private readonly tokenEndpoint: TokenEndpoint,
    @Inject(JwksEndpoint) private readonly jwksEndpoint: JwksEndpoint,
    @Inject(MetadataEndpoint) private readonly metadataEndpoint: MetadataEndpoint,
    @Inject(FailureLog) private readonly log: FailureLog,
  ) {}

  /** A token request, RFC 6749 §3.2: `tokenSuccess` or `tokenError`. */
  token<C extends OauthContext, S, E>(context: C, application: TokenApplication<C, S, E>): Promise<S | E> {
    return settle(
      () => this.tokenEndpoint.handle(context.request),
      (response) => application.tokenSuccess(context, response),
      (error) => application.tokenError(context, this.logged(error)),
    );
  }

  /** A request for the public keys, RFC 7517 §5: `jwkList` or `jwksError`. */
  jwks<C extends OauthContext, S, E>(context: C, application: JwksApplication<C, S, E>): Promise<S | E> {
    return settle(
      () => this.jwksEndpoint.handle(context.request),
      (response) => application.jwkList(context, response),
      (error) => application.jwksError(context, this.logged(error)),
    );
  }

  /** A request for the server's metadata, RFC 8414 §3: `metadataSuccess` or `metadataError`. */
  metadata<C extends OauthContext, S, E>(
    context: C,
    application: MetadataApplication<C, S, E>,
  ): Promise<S | E> {
    return settle(
      () => this.metadataEndpoint.handle(context.request),
      (metadata) => application.metadataSuccess(context, metadata),
      (error) => application.metadataError(context, this.logged(error)),
    );
  }

  private logged(error: OauthError): OauthError {
    // Without a cause there is nothing to tell: the kit was busy, and that may be somebody's purpose.
    if (error.status >= 500 && error.cause !== undefined)
      this.log.report(`A request was answered with ${error.code}`, error.cause);
    return error;
  }
}
