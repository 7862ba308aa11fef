import type { INestApplication } from '@nestjs/common';
import { ApiBearerAuth, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { OauthGuard, ProtectedResource, RequireScopes, type ResourceServerOptions } from 'nestjs-oauth-kit';
import { OauthAdminModule } from 'nestjs-oauth-kit/admin';

/** What the tokens of operators are for. No client gets the scope that was not given it. */
export const ADMINISTRATION: ResourceServerOptions = {
  identifier: '/admin',
  name: 'Administration',
  scopes: ['oauth:admin'],
  metadata: false,
};

/** The admin API, at /admin below the issuer. */
export const AdminApi = OauthAdminModule.forRoot({
  path: 'admin',
  guard: OauthGuard,
  decorators: [RequireScopes('oauth:admin'), ProtectedResource('/admin'), ApiBearerAuth()],
});

/** Its description, at /admin/openapi.json, for everybody: it says nothing that the package does not say. */
export function describeAdminApi(app: INestApplication): void {
  const config = new DocumentBuilder().setTitle('Administration').setVersion('1').addBearerAuth().build();
  SwaggerModule.setup(
    'admin/openapi',
    app,
    // Made when it is first asked for.
    () => SwaggerModule.createDocument(app, config, { include: [OauthAdminModule] }),
    { ui: false, raw: ['json'], jsonDocumentUrl: 'admin/openapi.json', useGlobalPrefix: true },
  );
}
