import { All, Controller } from '@nestjs/common';
import {
  Oauth,
  OauthService,
  Public,
  type HttpContext,
  type OauthError,
  type TokenApplication,
  type TokenResponse,
} from 'nestjs-oauth-kit';
import { OauthView } from './oauth.view.js';

@Public()
@Controller('oauth/token')
export class TokenController implements TokenApplication<HttpContext> {
  constructor(private readonly oauth: OauthService) {}

  @All()
  token(@Oauth() context: HttpContext) {
    return this.oauth.token(context, this);
  }

  tokenSuccess(context: HttpContext, response: TokenResponse) {
    return OauthView.token(context, response);
  }

  tokenError(context: HttpContext, error: OauthError) {
    return OauthView.error(context, error);
  }
}
