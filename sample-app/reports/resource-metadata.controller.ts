import { All, Injectable } from '@nestjs/common';
import {
  Oauth,
  ResourceServerService,
  type HttpContext,
  type OauthError,
  type ResourceMetadata,
  type ResourceMetadataApplication,
} from 'nestjs-oauth-kit/resource-server';

/** Tells clients who issues the tokens for an API (RFC 9728). Each API has one at its own address. */
@Injectable()
export abstract class ResourceMetadataController implements ResourceMetadataApplication<HttpContext> {
  constructor(private readonly resourceServer: ResourceServerService) {}

  @All()
  resourceMetadata(@Oauth() context: HttpContext) {
    return this.resourceServer.resourceMetadata(context, this);
  }

  resourceMetadataSuccess(context: HttpContext, metadata: ResourceMetadata): void {
    context.send(metadata, metadata.document);
  }

  resourceMetadataError(context: HttpContext, error: OauthError): void {
    context.send(error, { error: error.code, error_description: error.description });
  }
}
