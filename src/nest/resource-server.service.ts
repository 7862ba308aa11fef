import { Inject, Injectable } from '@nestjs/common';
import type { OauthContext } from '../oauth/oauth.request.js';
import type { ResourceMetadataApplication } from '../oauth/resource/resource-metadata.application.js';
import { ResourceMetadataEndpoint } from '../oauth/resource/resource-metadata.endpoint.js';
import { settle } from '../oauth/settle.js';
import { FailureLog } from './failure.log.js';

/**
 * The facade of an API whose issuer is elsewhere: decides one request, calls exactly one callback of `application`,
 * exactly once, and resolves with what that callback returned. It rejects only when the callback itself throws.
 */
@Injectable()
export class ResourceServerService {
  constructor(
    @Inject(ResourceMetadataEndpoint) private readonly resourceMetadataEndpoint: ResourceMetadataEndpoint,
    @Inject(FailureLog) private readonly log: FailureLog,
  ) {}

  /** A request for the metadata of the API, RFC 9728 §3: `resourceMetadataSuccess` or `resourceMetadataError`. */
  resourceMetadata<C extends OauthContext, S, E>(
    context: C,
    application: ResourceMetadataApplication<C, S, E>,
  ): Promise<S | E> {
    return settle(
      () => this.resourceMetadataEndpoint.handle(context.request),
      (metadata) => application.resourceMetadataSuccess(context, metadata),
      (error) => application.resourceMetadataError(context, this.log.answered(error)),
    );
  }
}
