import type {
  ClientDeletion,
  ClientRegistration,
  HttpContext,
  IntrospectionResponse,
  JwksResponse,
  OauthError,
  ResourceMetadata,
  RevocationResponse,
  ServerMetadata,
  TokenResponse,
} from 'nestjs-oauth-kit';

/** What goes over the wire. Change the JSON here; status and headers come from the kit. */
export const OauthView = {
  token(context: HttpContext, response: TokenResponse): void {
    context.send(response, {
      access_token: response.accessToken,
      token_type: response.tokenType,
      expires_in: response.expiresIn,
      scope: response.scope,
      refresh_token: response.refreshToken,
    });
  },

  error(context: HttpContext, error: OauthError): void {
    context.send(error, { error: error.code, error_description: error.description });
  },

  /** What a JWT holds is signed: only the plain document can be changed here. */
  introspection(context: HttpContext, response: IntrospectionResponse): void {
    context.send(response, response.jwt ?? response.document);
  },

  revocation(context: HttpContext, response: RevocationResponse): void {
    context.send(response);
  },

  registration(context: HttpContext, registration: ClientRegistration): void {
    context.send(registration, registration.document);
  },

  deletion(context: HttpContext, deletion: ClientDeletion): void {
    context.send(deletion);
  },

  jwks(context: HttpContext, response: JwksResponse): void {
    context.send(response, { keys: response.keys });
  },

  metadata(context: HttpContext, metadata: ServerMetadata): void {
    context.send(metadata, metadata.document);
  },

  resourceMetadata(context: HttpContext, metadata: ResourceMetadata): void {
    context.send(metadata, metadata.document);
  },
};
