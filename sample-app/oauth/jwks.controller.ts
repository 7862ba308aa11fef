import { All, Controller } from '@nestjs/common';
import {
  Oauth,
  OauthService,
  Public,
  type HttpContext,
  type JwksApplication,
  type JwksResponse,
  type OauthError,
} from 'nestjs-oauth-kit';
import { OauthView } from './oauth.view.js';

@Public()
@Controller('oauth/jwks')
export class JwksController implements JwksApplication<HttpContext> {
  constructor(private readonly oauth: OauthService) {}

  @All()
  jwks(@Oauth() context: HttpContext) {
    return this.oauth.jwks(context, this);
  }

  jwkList(context: HttpContext, response: JwksResponse) {
    return OauthView.jwks(context, response);
  }

  jwksError(context: HttpContext, error: OauthError) {
    return OauthView.error(context, error);
  }
}
