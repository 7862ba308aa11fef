import { Delete, Get, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { HttpContext } from '../../nest/http-context.js';
import { Oauth } from '../../nest/oauth.decorators.js';
import type { Client } from '../../oauth/client/client.js';
import { OauthError } from '../../oauth/oauth.error.js';
import { created, NO_CONTENT, ok, revisionTag } from '../admin.answer.js';
import { CLIENT, CLIENT_CHANGE, CREATED_CLIENT, NEW_CLIENT } from '../openapi/client.schemas.js';
import { Documented } from '../openapi/documented.js';
import { AFTER, flag, LIMIT, list, page, text } from '../openapi/schema.js';
import { changeAsRead } from '../revision.js';
import { clientView } from '../views.js';
import { AdminController } from './admin.controller.js';

const ORDERS = { id: 'id', name: 'name', created_at: 'createdAt', updated_at: 'updatedAt' } as const;
const ID = { id: 'Its `client_id`, percent-encoded.' };
const NOT_FOUND = { 404: 'There is no such client: `client_not_found`.' };

@ApiTags('clients')
export class ClientsController extends AdminController {
  @Get('clients')
  @Documented({
    summary: 'List clients, a page at a time',
    query: {
      search: text('Stands in the id, the name, the owner or the description, whatever its case.'),
      owner: text('Exactly this owner.'),
      label: list('A label and its value. All of them have to be there.', {
        type: 'string',
        example: 'team=payments',
      }),
      enabled: flag('Only those that get tokens, or only the others.'),
      order: text('What they are put in order by.', { enum: Object.keys(ORDERS), default: 'id' }),
      descending: flag('The other way round. Default: false.'),
      limit: LIMIT,
      after: AFTER,
    },
    answer: { status: 200, description: 'A page.', schema: page('clients', CLIENT) },
  })
  list(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      const query = request.query(
        'search', 'owner', 'label', 'enabled', 'order', 'descending', 'limit', 'after',
      ); // prettier-ignore
      const { clients, next } = await admin.clients.list({
        search: query.text('search'),
        owner: query.text('owner'),
        labels: query.pairs('label'),
        enabled: query.flag('enabled'),
        order: query.oneOf('order', ORDERS),
        descending: query.flag('descending'),
        limit: query.number('limit'),
        after: query.text('after'),
      });
      return ok({ clients: clients.map((client) => clientView(client)), next });
    });
  }

  @Post('clients')
  @Documented({
    summary: 'Register a client',
    description: 'From the metadata of RFC 7591. Members that are not known are ignored.',
    body: { schema: NEW_CLIENT },
    answer: {
      status: 201,
      description: 'The client, with its secret, which is shown this once.',
      schema: CREATED_CLIENT,
      headers: { Location: 'Where it stands.', ETag: 'Its revision.' },
    },
    refusals: { 409: 'There is a client of this id: `client_exists`.' },
  })
  create(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      request.query();
      const { client, issued } = await admin.clients.create(await request.body());
      const headers = { ...request.location(client.id), ...revisionTag(client.revision) };
      return created(clientView(client, issued), headers);
    });
  }

  @Get('clients/:id')
  @Documented({
    summary: 'Read a client',
    path: ID,
    answer: { status: 200, description: 'The client.', schema: CLIENT, headers: { ETag: 'Its revision.' } },
    refusals: NOT_FOUND,
  })
  read(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      request.query();
      const client = await admin.clients.get(request.parameter('id'));
      return ok(clientView(client), revisionTag(client.revision));
    });
  }

  @Patch('clients/:id')
  @Documented({
    summary: 'Change a client',
    description: 'The members that are named change; null takes one away. Secrets are changed elsewhere.',
    path: ID,
    conditional: true,
    body: { schema: CLIENT_CHANGE },
    answer: {
      status: 200,
      description: 'The client, changed.',
      schema: CLIENT,
      headers: { ETag: 'Its revision.' },
    },
    refusals: { ...NOT_FOUND, 409: 'Somebody else has changed it at the same moment: `conflict`.' },
  })
  update(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      request.query();
      const id = request.parameter('id');
      const document = await request.body();
      const client = await changeAsRead(
        request,
        () => admin.clients.get(id),
        async (expected) => {
          await requireMetadata(document, () => admin.clients.get(id));
          return admin.clients.update(id, document, expected);
        },
      );
      return ok(clientView(client), revisionTag(client.revision));
    });
  }

  @Delete('clients/:id')
  @Documented({
    summary: 'Delete a client',
    description: 'With its secrets. Its tokens are dead.',
    path: ID,
    conditional: true,
    answer: { status: 204, description: 'It is gone.' },
    refusals: NOT_FOUND,
  })
  delete(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      request.query();
      const id = request.parameter('id');
      await changeAsRead(
        request,
        () => admin.clients.get(id),
        (expected) => admin.clients.delete(id, expected),
      );
      return NO_CONTENT;
    });
  }
}

/** `enabled` is not metadata, and would be ignored as an unknown member, though somebody means it. */
async function requireMetadata(document: unknown, read: () => Promise<Client>): Promise<void> {
  if (typeof document !== 'object' || document === null || !('enabled' in document)) return;
  if (document.enabled === (await read()).enabled) return;
  throw OauthError.invalidClientMetadata('enabled is changed by disable and enable');
}
