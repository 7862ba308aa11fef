import { Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { HttpContext } from '../../nest/http-context.js';
import { Oauth } from '../../nest/oauth.decorators.js';
import { ok } from '../admin.answer.js';
import { Documented } from '../openapi/documented.js';
import { AFTER, LIMIT, page, text, time } from '../openapi/schema.js';
import { AUDIT_ENTRY } from '../openapi/schemas.js';
import { AdminController } from './admin.controller.js';

@ApiTags('audit')
export class AuditController extends AdminController {
  @Get('audit')
  @Documented({
    summary: 'Read the audit log, the newest entries first',
    query: {
      type: text('Exactly this, such as `client.created`.'),
      actor: text('Who.'),
      subject: text('What it was done to.'),
      since: time('Not before.'),
      until: time('Not after.'),
      limit: LIMIT,
      after: AFTER,
    },
    answer: { status: 200, description: 'A page.', schema: page('entries', AUDIT_ENTRY) },
  })
  list(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      const query = request.query('type', 'actor', 'subject', 'since', 'until', 'limit', 'after');
      const { entries, next } = await admin.audit.list({
        type: query.text('type'),
        actor: query.text('actor'),
        subject: query.text('subject'),
        since: query.number('since'),
        until: query.number('until'),
        limit: query.number('limit'),
        after: query.text('after'),
      });
      return ok({ entries, next });
    });
  }
}
