import { All, Controller } from '@nestjs/common';
import {
  Oauth,
  OauthService,
  Public,
  type HttpContext,
  type MetadataApplication,
  type OauthError,
  type ServerMetadata,
} from 'nestjs-oauth-kit';
import { issuerPath } from './issuer-path.js';
import { OauthView } from './oauth.view.js';

/** An issuer's own path stands behind the well-known one (RFC 8414 §3.1). */
@Public()
@Controller(`.well-known/oauth-authorization-server${issuerPath(process.env['ISSUER'])}`)
export class MetadataController implements MetadataApplication<HttpContext> {
  constructor(private readonly oauth: OauthService) {}

  @All()
  metadata(@Oauth() context: HttpContext) {
    return this.oauth.metadata(context, this);
  }

  metadataSuccess(context: HttpContext, metadata: ServerMetadata) {
    return OauthView.metadata(context, metadata);
  }

  metadataError(context: HttpContext, error: OauthError) {
    return OauthView.error(context, error);
  }
}
