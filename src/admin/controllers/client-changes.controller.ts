import { HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { HttpContext } from '../../nest/http-context.js';
import type { OauthAdmin } from '../../nest/oauth.admin.js';
import { Oauth } from '../../nest/oauth.decorators.js';
import type { Client } from '../../oauth/client/client.js';
import { ok, revisionTag } from '../admin.answer.js';
import { CLIENT } from '../openapi/client.schemas.js';
import { Documented, type Documentation } from '../openapi/documented.js';
import { changeAsRead, type ExpectedRevision } from '../revision.js';
import { clientView } from '../views.js';
import { AdminController } from './admin.controller.js';

function change(summary: string, description: string): Documentation {
  return {
    summary,
    description,
    path: { id: 'Its `client_id`, percent-encoded.' },
    conditional: true,
    answer: { status: 200, description: 'The client.', schema: CLIENT, headers: { ETag: 'Its revision.' } },
    refusals: {
      404: 'There is no such client: `client_not_found`.',
      409: 'Somebody else has changed it at the same moment: `conflict`.',
    },
  };
}

@ApiTags('clients')
export class ClientChangesController extends AdminController {
  @Post('clients/:id/disable')
  @HttpCode(200)
  @Documented(
    change(
      'Disable a client',
      'It gets no tokens, and those that it has are dead, for good. May be repeated.',
    ),
  )
  disable(@Oauth() context: HttpContext): Promise<void> {
    return this.change(context, (admin, id, expected) => admin.clients.disable(id, expected));
  }

  @Post('clients/:id/enable')
  @HttpCode(200)
  @Documented(change('Enable a client', 'It gets tokens again. May be repeated.'))
  enable(@Oauth() context: HttpContext): Promise<void> {
    return this.change(context, (admin, id, expected) => admin.clients.enable(id, expected));
  }

  @Post('clients/:id/revoke-tokens')
  @HttpCode(200)
  @Documented(
    change('Revoke every token of a client', 'Of either format. It may get new ones. May be repeated.'),
  )
  revokeTokens(@Oauth() context: HttpContext): Promise<void> {
    return this.change(context, (admin, id, expected) => admin.clients.revokeTokens(id, expected));
  }

  private change(
    context: HttpContext,
    operation: (admin: OauthAdmin, id: string, expected: ExpectedRevision) => Promise<Client>,
  ): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      request.query();
      const id = request.parameter('id');
      const client = await changeAsRead(
        request,
        () => admin.clients.get(id),
        (expected) => operation(admin, id, expected),
      );
      return ok(clientView(client), revisionTag(client.revision));
    });
  }
}
