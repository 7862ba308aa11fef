import { Delete, Get, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { HttpContext } from '../../nest/http-context.js';
import { Oauth } from '../../nest/oauth.decorators.js';
import type { ResourceServerInput } from '../../oauth/resource/resource-server.administration.js';
import { created, NO_CONTENT, ok, revisionTag } from '../admin.answer.js';
import { NewResourceServer, ResourceServerChange } from '../inputs.js';
import { fill } from '../json-body.js';
import { Documented } from '../openapi/documented.js';
import { object } from '../openapi/schema.js';
import { NEW_RESOURCE_SERVER, RESOURCE_SERVER, RESOURCE_SERVER_CHANGE } from '../openapi/schemas.js';
import { changeAsRead } from '../revision.js';
import { resourceServerView } from '../views.js';
import { AdminController } from './admin.controller.js';

const IDENTIFIER = { identifier: 'Its identifier, percent-encoded.' };
const NOT_FOUND = { 404: 'There is no such resource server: `resource_server_not_found`.' };
const CONFIGURED = 'It is one of the options of the host: `unsupported`.';
const ETAG = { ETag: 'Its revision, if it is a stored one.' };

@ApiTags('resource servers')
export class ResourceServersController extends AdminController {
  @Get('resource-servers')
  @Documented({
    summary: 'List the resource servers',
    description: 'The configured ones first.',
    answer: {
      status: 200,
      description: 'All of them.',
      schema: object({ resource_servers: { type: 'array', items: RESOURCE_SERVER } }, ['resource_servers']),
    },
  })
  list(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      request.query();
      return ok({ resource_servers: (await admin.resourceServers.list()).map(resourceServerView) });
    });
  }

  @Post('resource-servers')
  @Documented({
    summary: 'Add a resource server',
    body: { schema: NEW_RESOURCE_SERVER },
    answer: {
      status: 201,
      description: 'The resource server.',
      schema: RESOURCE_SERVER,
      headers: { Location: 'Where it stands.', ...ETAG },
    },
    refusals: { 409: 'There is one of this identifier: `resource_server_exists`.' },
  })
  create(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      request.query();
      const input = fill(new NewResourceServer(), await request.body());
      const { scopes, ...members } = toInput(input);
      const server = await admin.resourceServers.create(input.identifier, {
        ...members,
        scopes: scopes ?? [],
      });
      const headers = { ...request.location(server.identifier), ...revisionTag(server.revision) };
      return created(resourceServerView(server), headers);
    });
  }

  @Get('resource-servers/:identifier')
  @Documented({
    summary: 'Read a resource server',
    path: IDENTIFIER,
    answer: { status: 200, description: 'The resource server.', schema: RESOURCE_SERVER, headers: ETAG },
    refusals: NOT_FOUND,
  })
  read(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      request.query();
      const server = await admin.resourceServers.get(request.parameter('identifier'));
      return ok(resourceServerView(server), revisionTag(server.revision));
    });
  }

  @Patch('resource-servers/:identifier')
  @Documented({
    summary: 'Change a resource server',
    description: 'The members that are named change; null takes one away.',
    path: IDENTIFIER,
    conditional: true,
    body: { schema: RESOURCE_SERVER_CHANGE },
    answer: {
      status: 200,
      description: 'The resource server, changed.',
      schema: RESOURCE_SERVER,
      headers: ETAG,
    },
    refusals: { ...NOT_FOUND, 409: `Somebody else has changed it: \`conflict\`. ${CONFIGURED}` },
  })
  update(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      request.query();
      const identifier = request.parameter('identifier');
      const input = toInput(fill(new ResourceServerChange(), await request.body()));
      const server = await changeAsRead(
        request,
        () => admin.resourceServers.get(identifier),
        (expected) => admin.resourceServers.update(identifier, input, expected),
      );
      return ok(resourceServerView(server), revisionTag(server.revision));
    });
  }

  @Delete('resource-servers/:identifier')
  @Documented({
    summary: 'Delete a resource server',
    description: 'No tokens are issued for it any more.',
    path: IDENTIFIER,
    conditional: true,
    answer: { status: 204, description: 'It is gone.' },
    refusals: { ...NOT_FOUND, 409: CONFIGURED },
  })
  delete(@Oauth() context: HttpContext): Promise<void> {
    return this.api.answer(context, async (admin, request) => {
      request.query();
      const identifier = request.parameter('identifier');
      await changeAsRead(
        request,
        () => admin.resourceServers.get(identifier),
        (expected) => admin.resourceServers.delete(identifier, expected),
      );
      return NO_CONTENT;
    });
  }
}

/** The members that are there. */
function toInput(given: ResourceServerChange): Partial<ResourceServerInput> {
  const members = {
    scopes: given.scopes,
    defaultScopes: given.default_scopes,
    accessTokenFormat: given.access_token_format,
    accessTokenLifetime: given.access_token_ttl,
    name: given.name,
    documentation: given.documentation,
    metadata: given.metadata,
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
