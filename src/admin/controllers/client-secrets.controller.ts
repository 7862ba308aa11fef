import { Delete, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { HttpContext } from '../../nest/http-context.js';
import { Oauth } from '../../nest/oauth.decorators.js';
import { created, NO_CONTENT, ok } from '../admin.answer.js';
import { RotationInput } from '../inputs.js';
import { fill } from '../json-body.js';
import { NEW_SECRET, SECRET } from '../openapi/client.schemas.js';
import { Documented } from '../openapi/documented.js';
import { integer, object } from '../openapi/schema.js';
import { newSecretView, secretView } from '../views.js';
import { AdminController } from './admin.controller.js';

const CLIENT = { id: 'The `client_id`, percent-encoded.' };
const NOT_FOUND = { 404: 'There is no such client: `client_not_found`.' };

const ROTATION = object({
  overlap: integer('Seconds that the secrets before it live on.', {
    minimum: 0,
    maximum: 31_536_000,
    default: 86_400,
  }),
});

@ApiTags('secrets')
export class ClientSecretsController extends AdminController {
  @Get('clients/:id/secrets')
  @Documented({
    summary: 'List the secrets of a client',
    description: 'Never the secrets themselves.',
    path: CLIENT,
    answer: {
      status: 200,
      description: 'All of them.',
      schema: object({ secrets: { type: 'array', items: SECRET } }, ['secrets']),
    },
    refusals: NOT_FOUND,
  })
  list(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      request.query();
      const secrets = await admin.secrets.list(request.parameter('id'));
      return ok({ secrets: secrets.map(secretView) });
    });
  }

  @Post('clients/:id/secrets')
  @Documented({
    summary: 'Give a client a new secret',
    path: CLIENT,
    body: { schema: ROTATION, required: false },
    answer: { status: 201, description: 'The secret, shown this once.', schema: NEW_SECRET },
    refusals: { ...NOT_FOUND, 409: 'The client does not authenticate with a secret: `unsupported`.' },
  })
  rotate(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      request.query();
      const { overlap } = fill(new RotationInput(), await request.body());
      const { client, issued } = await admin.secrets.rotate(request.parameter('id'), overlap);
      return created(newSecretView(client.id, issued));
    });
  }

  @Delete('clients/:id/secrets/:secret')
  @Documented({
    summary: 'End a secret of a client now',
    path: { ...CLIENT, secret: 'The id of the secret.' },
    answer: { status: 204, description: 'It is gone.' },
    refusals: {
      404: 'There is no such client, or no such secret: `client_not_found`, `secret_not_found`.',
    },
  })
  revoke(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      request.query();
      await admin.secrets.revoke(request.parameter('id'), request.parameter('secret'));
      return NO_CONTENT;
    });
  }
}
