import { All, Controller } from '@nestjs/common';
import {
  Oauth,
  OauthService,
  Public,
  type ClientDeletion,
  type ClientManagementApplication,
  type ClientRegistration,
  type HttpContext,
  type OauthError,
} from 'nestjs-oauth-kit';
import { OauthView } from './oauth.view.js';

/** Where each client manages its own registration. */
@Public()
@Controller('oauth/register')
export class ClientManagementController implements ClientManagementApplication<HttpContext> {
  constructor(private readonly oauth: OauthService) {}

  @All(':client')
  manage(@Oauth() context: HttpContext) {
    return this.oauth.manageClient(context, this);
  }

  clientRead(context: HttpContext, registration: ClientRegistration) {
    return OauthView.registration(context, registration);
  }

  clientUpdated(context: HttpContext, registration: ClientRegistration) {
    return OauthView.registration(context, registration);
  }

  clientDeleted(context: HttpContext, deletion: ClientDeletion) {
    return OauthView.deletion(context, deletion);
  }

  registrationFailure(context: HttpContext, error: OauthError) {
    return OauthView.error(context, error);
  }
}
