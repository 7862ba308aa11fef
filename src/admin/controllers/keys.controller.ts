import { Delete, Get, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { HttpContext } from '../../nest/http-context.js';
import { Oauth } from '../../nest/oauth.decorators.js';
import { created, NO_CONTENT, ok } from '../admin.answer.js';
import { KeyRotationInput } from '../inputs.js';
import { fill } from '../json-body.js';
import { Documented } from '../openapi/documented.js';
import { object } from '../openapi/schema.js';
import { KEY, KEY_ROTATION } from '../openapi/schemas.js';
import { keyView } from '../views.js';
import { AdminController } from './admin.controller.js';

const GIVEN = 'The keys are given by the host: `unsupported`.';

@ApiTags('keys')
export class KeysController extends AdminController {
  @Get('keys')
  @Documented({
    summary: 'List the signing keys',
    description: 'Nothing of their private parts.',
    answer: {
      status: 200,
      description: 'All of them.',
      schema: object({ keys: { type: 'array', items: KEY } }, ['keys']),
    },
  })
  list(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      request.query();
      return ok({ keys: (await admin.keys.list()).map(keyView) });
    });
  }

  @Post('keys')
  @Documented({
    summary: 'Make the next signing key',
    description: 'It is published at once, and signs when everybody has had the time to fetch it.',
    body: { schema: KEY_ROTATION, required: false },
    answer: { status: 201, description: 'The key for access tokens.', schema: KEY },
    refusals: { 409: GIVEN },
  })
  rotate(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      request.query();
      const { immediately } = fill(new KeyRotationInput(), await request.body());
      return created(keyView(await admin.keys.rotate({ immediately })));
    });
  }

  @Delete('keys/:kid')
  @Documented({
    summary: 'End a signing key that is not to be trusted any more',
    description: 'Its tokens are dead.',
    path: { kid: 'The `kid` of the key.' },
    answer: { status: 204, description: 'It is gone.' },
    refusals: {
      404: 'There is no such key: `key_not_found`.',
      409: `It is the current one, rotate first: \`conflict\`. ${GIVEN}`,
    },
  })
  revoke(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      request.query();
      await admin.keys.revoke(request.parameter('kid'));
      return NO_CONTENT;
    });
  }
}
