import { All, Controller } from '@nestjs/common';
import {
  Oauth,
  OauthService,
  Public,
  type HttpContext,
  type IntrospectionApplication,
  type IntrospectionResponse,
  type OauthError,
} from 'nestjs-oauth-kit';
import { OauthView } from './oauth.view.js';

@Public()
@Controller('oauth/introspect')
export class IntrospectionController implements IntrospectionApplication<HttpContext> {
  constructor(private readonly oauth: OauthService) {}

  @All()
  introspect(@Oauth() context: HttpContext) {
    return this.oauth.introspect(context, this);
  }

  introspectSuccess(context: HttpContext, response: IntrospectionResponse) {
    return OauthView.introspection(context, response);
  }

  introspectError(context: HttpContext, error: OauthError) {
    return OauthView.error(context, error);
  }
}
