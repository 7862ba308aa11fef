import { All, Controller } from '@nestjs/common';
import {
  Oauth,
  OauthService,
  Public,
  type ClientRegistration,
  type HttpContext,
  type OauthError,
  type RegistrationApplication,
} from 'nestjs-oauth-kit';
import { OauthView } from './oauth.view.js';

@Public()
@Controller('oauth/register')
export class RegistrationController implements RegistrationApplication<HttpContext> {
  constructor(private readonly oauth: OauthService) {}

  @All()
  register(@Oauth() context: HttpContext) {
    return this.oauth.registerClient(context, this);
  }

  clientRegistered(context: HttpContext, registration: ClientRegistration) {
    return OauthView.registration(context, registration);
  }

  registrationFailure(context: HttpContext, error: OauthError) {
    return OauthView.error(context, error);
  }
}
