import { All, Controller } from '@nestjs/common';
import {
  Oauth,
  OauthService,
  Public,
  type HttpContext,
  type OauthError,
  type ResourceMetadata,
  type ResourceMetadataApplication,
} from 'nestjs-oauth-kit';
import { issuerPath } from './issuer-path.js';
import { OauthView } from './oauth.view.js';

/** The path of each resource server stands behind the well-known one (RFC 9728 §3.1). */
@Public()
@Controller(`.well-known/oauth-protected-resource${issuerPath(process.env['ISSUER'])}`)
export class ResourceMetadataController implements ResourceMetadataApplication<HttpContext> {
  constructor(private readonly oauth: OauthService) {}

  @All(['api/catalog', 'api/statistics'])
  resourceMetadata(@Oauth() context: HttpContext) {
    return this.oauth.resourceMetadata(context, this);
  }

  resourceMetadataSuccess(context: HttpContext, metadata: ResourceMetadata) {
    return OauthView.resourceMetadata(context, metadata);
  }

  resourceMetadataError(context: HttpContext, error: OauthError) {
    return OauthView.error(context, error);
  }
}
