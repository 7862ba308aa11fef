import { Delete, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { HttpContext } from '../../nest/http-context.js';
import { Oauth } from '../../nest/oauth.decorators.js';
import type { RegistrationTokenInput } from '../../oauth/registration/registration-token.administration.js';
import { created, NO_CONTENT, ok } from '../admin.answer.js';
import { NewRegistrationToken } from '../inputs.js';
import { fill } from '../json-body.js';
import { Documented } from '../openapi/documented.js';
import { AFTER, LIMIT, page } from '../openapi/schema.js';
import {
  CREATED_REGISTRATION_TOKEN,
  NEW_REGISTRATION_TOKEN,
  REGISTRATION_TOKEN,
} from '../openapi/schemas.js';
import { registrationTokenView } from '../views.js';
import { AdminController } from './admin.controller.js';

@ApiTags('registration tokens')
export class RegistrationTokensController extends AdminController {
  @Get('registration-tokens')
  @Documented({
    summary: 'List the tokens by which clients register themselves',
    description: 'Never the tokens themselves.',
    query: { limit: LIMIT, after: AFTER },
    answer: { status: 200, description: 'A page.', schema: page('registration_tokens', REGISTRATION_TOKEN) },
  })
  list(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      const query = request.query('limit', 'after');
      const limit = query.number('limit');
      const { tokens, next } = await admin.registrationTokens.list({ limit, after: query.text('after') });
      return ok({ registration_tokens: tokens.map(registrationTokenView), next });
    });
  }

  @Post('registration-tokens')
  @Documented({
    summary: 'Make a token by which clients register themselves',
    body: { schema: NEW_REGISTRATION_TOKEN, required: false },
    answer: {
      status: 201,
      description: 'The token, with its value, which is shown this once.',
      schema: CREATED_REGISTRATION_TOKEN,
    },
    refusals: { 409: 'Clients cannot register themselves here: `unsupported`.' },
  })
  create(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      request.query();
      const input = fill(new NewRegistrationToken(), await request.body());
      const { token, value } = await admin.registrationTokens.create(toInput(input));
      return created({ ...registrationTokenView(token), registration_token: value });
    });
  }

  @Delete('registration-tokens/:id')
  @Documented({
    summary: 'Delete a token by which clients register themselves',
    description: 'The clients that it has registered stay.',
    path: { id: 'Its id.' },
    answer: { status: 204, description: 'It is gone.' },
    refusals: { 404: 'There is no such token: `registration_token_not_found`.' },
  })
  delete(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      request.query();
      await admin.registrationTokens.delete(request.parameter('id'));
      return NO_CONTENT;
    });
  }
}

function toInput(given: NewRegistrationToken): RegistrationTokenInput {
  return {
    description: given.description ?? undefined,
    lifetime: given.lifetime ?? undefined,
    mostUses: given.most_uses ?? undefined,
    owner: given.owner ?? undefined,
    labels: given.labels ?? undefined,
    scopes: given.scopes ?? undefined,
    resources: given.resources ?? undefined,
    authenticationMethods: given.authentication_methods ?? undefined,
    grantTypes: given.grant_types ?? undefined,
  };
}
