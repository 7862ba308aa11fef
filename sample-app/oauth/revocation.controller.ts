import { All, Controller } from '@nestjs/common';
import {
  Oauth,
  OauthService,
  Public,
  type HttpContext,
  type OauthError,
  type RevocationApplication,
  type RevocationResponse,
} from 'nestjs-oauth-kit';
import { OauthView } from './oauth.view.js';

@Public()
@Controller('oauth/revoke')
export class RevocationController implements RevocationApplication<HttpContext> {
  constructor(private readonly oauth: OauthService) {}

  @All()
  revoke(@Oauth() context: HttpContext) {
    return this.oauth.revoke(context, this);
  }

  revokeSuccess(context: HttpContext, response: RevocationResponse) {
    return OauthView.revocation(context, response);
  }

  revokeError(context: HttpContext, error: OauthError) {
    return OauthView.error(context, error);
  }
}
