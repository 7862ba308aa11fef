import { Inject, Injectable } from '@nestjs/common';
import type { IntrospectionApplication } from '../oauth/introspection/introspection.application.js';
import { IntrospectionEndpoint } from '../oauth/introspection/introspection.endpoint.js';
import type { JwksApplication } from '../oauth/keys/jwks.application.js';
import { JwksEndpoint } from '../oauth/keys/jwks.endpoint.js';
import type { MetadataApplication } from '../oauth/metadata/metadata.application.js';
import { MetadataEndpoint } from '../oauth/metadata/metadata.endpoint.js';
import type { OauthContext } from '../oauth/oauth.request.js';
import { ClientManagementEndpoint } from '../oauth/registration/client-management.endpoint.js';
import type {
  ClientDeletionApplication,
  ClientManagementApplication,
  ClientReadApplication,
  ClientUpdateApplication,
  RegistrationApplication,
} from '../oauth/registration/registration.application.js';
import { RegistrationEndpoint } from '../oauth/registration/registration.endpoint.js';
import type { ResourceMetadataApplication } from '../oauth/resource/resource-metadata.application.js';
import { ResourceMetadataEndpoint } from '../oauth/resource/resource-metadata.endpoint.js';
import type { RevocationApplication } from '../oauth/revocation/revocation.application.js';
import { RevocationEndpoint } from '../oauth/revocation/revocation.endpoint.js';
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
    @Inject(IntrospectionEndpoint) private readonly introspectionEndpoint: IntrospectionEndpoint,
    @Inject(RevocationEndpoint) private readonly revocationEndpoint: RevocationEndpoint,
    @Inject(JwksEndpoint) private readonly jwksEndpoint: JwksEndpoint,
    @Inject(MetadataEndpoint) private readonly metadataEndpoint: MetadataEndpoint,
    @Inject(ResourceMetadataEndpoint) private readonly resourceMetadataEndpoint: ResourceMetadataEndpoint,
    @Inject(RegistrationEndpoint) private readonly registrationEndpoint: RegistrationEndpoint,
    @Inject(ClientManagementEndpoint) private readonly managementEndpoint: ClientManagementEndpoint,
    @Inject(FailureLog) private readonly log: FailureLog,
  ) {}

  /** A token request, RFC 6749 §3.2: `tokenSuccess` or `tokenError`. */
  token<C extends OauthContext, S, E>(context: C, application: TokenApplication<C, S, E>): Promise<S | E> {
    return settle(
      () => this.tokenEndpoint.handle(context.request),
      (response) => application.tokenSuccess(context, response),
      (error) => application.tokenError(context, this.log.answered(error)),
    );
  }

  /** An introspection request, RFC 7662 §2.1: `introspectSuccess` or `introspectError`. */
  introspect<C extends OauthContext, S, E>(
    context: C,
    application: IntrospectionApplication<C, S, E>,
  ): Promise<S | E> {
    return settle(
      () => this.introspectionEndpoint.handle(context.request),
      (response) => application.introspectSuccess(context, response),
      (error) => application.introspectError(context, this.log.answered(error)),
    );
  }

  /** A revocation request, RFC 7009 §2.1: `revokeSuccess` or `revokeError`. */
  revoke<C extends OauthContext, S, E>(
    context: C,
    application: RevocationApplication<C, S, E>,
  ): Promise<S | E> {
    return settle(
      () => this.revocationEndpoint.handle(context.request),
      (response) => application.revokeSuccess(context, response),
      (error) => application.revokeError(context, this.log.answered(error)),
    );
  }

  /** A request for the public keys, RFC 7517 §5: `jwkList` or `jwksError`. */
  jwks<C extends OauthContext, S, E>(context: C, application: JwksApplication<C, S, E>): Promise<S | E> {
    return settle(
      () => this.jwksEndpoint.handle(context.request),
      (response) => application.jwkList(context, response),
      (error) => application.jwksError(context, this.log.answered(error)),
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
      (error) => application.metadataError(context, this.log.answered(error)),
    );
  }

  /** A request for the metadata of a resource server, RFC 9728 §3: `resourceMetadataSuccess` or `resourceMetadataError`. */
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

  /** A client registers itself, RFC 7591 §3: `clientRegistered` or `registrationFailure`. */
  registerClient<C extends OauthContext, S, E>(
    context: C,
    application: RegistrationApplication<C, S, E>,
  ): Promise<S | E> {
    return settle(
      () => this.registrationEndpoint.handle(context.request),
      (registration) => application.clientRegistered(context, registration),
      (error) => application.registrationFailure(context, this.log.answered(error)),
    );
  }

  /** A client reads its registration, RFC 7592 §2.1: `clientRead` or `registrationFailure`. */
  readClient<C extends OauthContext, S, E>(
    context: C,
    application: ClientReadApplication<C, S, E>,
  ): Promise<S | E> {
    return settle(
      () => this.managementEndpoint.read(context.request),
      (registration) => application.clientRead(context, registration),
      (error) => application.registrationFailure(context, this.log.answered(error)),
    );
  }

  /** A client replaces its registration, RFC 7592 §2.2: `clientUpdated` or `registrationFailure`. */
  updateClient<C extends OauthContext, S, E>(
    context: C,
    application: ClientUpdateApplication<C, S, E>,
  ): Promise<S | E> {
    return settle(
      () => this.managementEndpoint.update(context.request),
      (registration) => application.clientUpdated(context, registration),
      (error) => application.registrationFailure(context, this.log.answered(error)),
    );
  }

  /** A client deletes its registration, RFC 7592 §2.3: `clientDeleted` or `registrationFailure`. */
  deleteClient<C extends OauthContext, S, E>(
    context: C,
    application: ClientDeletionApplication<C, S, E>,
  ): Promise<S | E> {
    return settle(
      () => this.managementEndpoint.delete(context.request),
      (deletion) => application.clientDeleted(context, deletion),
      (error) => application.registrationFailure(context, this.log.answered(error)),
    );
  }

  /**
   * Any request to the client configuration endpoint, RFC 7592 §2: GET and HEAD read, PUT updates, DELETE deletes, by the
   * callbacks of these; every other method is a `registrationFailure` with 405.
   */
  async manageClient<C extends OauthContext, S, E, U = S, D = S>(
    context: C,
    application: ClientManagementApplication<C, S, E, U, D>,
  ): Promise<S | E | U | D> {
    const operation = await settle(
      () => this.managementEndpoint.operation(context.request),
      (allowed) => ({ allowed }),
      (error) => ({ error }),
    );
    if ('error' in operation) return application.registrationFailure(context, operation.error);
    if (operation.allowed === 'read') return this.readClient(context, application);
    if (operation.allowed === 'update') return this.updateClient(context, application);
    return this.deleteClient(context, application);
  }
}
