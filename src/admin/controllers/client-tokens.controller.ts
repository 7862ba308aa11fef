import { Delete, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { HttpContext } from '../../nest/http-context.js';
import { Oauth } from '../../nest/oauth.decorators.js';
import { NO_CONTENT, ok } from '../admin.answer.js';
import { Documented } from '../openapi/documented.js';
import { AFTER, LIMIT, page } from '../openapi/schema.js';
import { TOKEN } from '../openapi/schemas.js';
import { tokenView } from '../views.js';
import { AdminController } from './admin.controller.js';

const CLIENT = { id: 'The `client_id`, percent-encoded.' };

@ApiTags('tokens')
export class ClientTokensController extends AdminController {
  @Get('clients/:id/tokens')
  @Documented({
    summary: 'List the opaque tokens of a client that are alive',
    description: 'Never the tokens themselves. Of JWTs nothing is stored.',
    path: CLIENT,
    query: { limit: LIMIT, after: AFTER },
    answer: { status: 200, description: 'A page.', schema: page('tokens', TOKEN) },
    refusals: { 404: 'There is no such client: `client_not_found`.' },
  })
  list(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      const query = request.query('limit', 'after');
      const { tokens, next } = await admin.tokens.list(request.parameter('id'), {
        limit: query.number('limit'),
        after: query.text('after'),
      });
      return ok({ tokens: tokens.map(tokenView), next });
    });
  }

  @Delete('clients/:id/tokens/:token')
  @Documented({
    summary: 'End a token of a client now',
    description: 'Of either format.',
    path: { ...CLIENT, token: 'The `jti` of the token.' },
    answer: { status: 204, description: 'It is dead.' },
    refusals: { 404: 'There is no such client, or no such token: `client_not_found`, `token_not_found`.' },
  })
  revoke(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      request.query();
      await admin.tokens.revoke(request.parameter('id'), request.parameter('token'));
      return NO_CONTENT;
    });
  }
}
