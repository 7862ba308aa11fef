import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { NestFactory } from '@nestjs/core';
import { AdministrationError, OauthAdmin, type Client } from 'nestjs-oauth-kit';
import { AppModule } from './app.module.js';
import { makeDemoClient, REPORTS_SCOPE, type Credentials } from './demo-client.js';

export interface ReportsClients {
  /** Where it was made just now. */
  readonly demo: Credentials | undefined;
  /** The private key of the client `reports`, kept nowhere else. */
  readonly reportsKey: string;
}

/** Makes ready who calls the reports, and who the reports are to the authorization server. */
export async function prepareClients(reportsUrl: string): Promise<ReportsClients> {
  const context = await NestFactory.createApplicationContext(AppModule, {
    logger: false,
    abortOnError: false,
  });
  try {
    const admin = context.get(OauthAdmin);
    const demo = await makeDemoClient(admin);
    await allowReports(admin);
    return { demo, reportsKey: await replaceReportsKey(admin, `${reportsUrl}/reports/audit`) };
  } finally {
    await context.close();
  }
}

/** For a demo client from before there were reports. */
async function allowReports(admin: OauthAdmin): Promise<void> {
  const demo = await find(admin, 'demo');
  if (!demo) return;
  const scope = [...new Set([...(demo.scope ?? []), ...REPORTS_SCOPE])];
  if (scope.length > (demo.scope?.length ?? 0))
    await admin.clients.update(demo.id, { scope: scope.join(' ') });
}

/** The client `reports` gets no tokens: it only asks about those that the audit report is called with. */
async function replaceReportsKey(admin: OauthAdmin, resource: string): Promise<string> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
  const changing = { resource, jwks: { keys: [publicKey.export({ format: 'jwk' })] } };
  if (await find(admin, 'reports')) {
    await admin.clients.update('reports', changing);
  } else {
    await admin.clients.create({
      client_id: 'reports',
      client_name: 'Reports',
      token_endpoint_auth_method: 'private_key_jwt',
      grant_types: [],
      ...changing,
    });
  }
  return JSON.stringify(privateKey.export({ format: 'jwk' }));
}

async function find(admin: OauthAdmin, id: string): Promise<Client | undefined> {
  return admin.clients.get(id).catch((failure: unknown) => {
    if (failure instanceof AdministrationError && failure.code === 'client_not_found') return undefined;
    throw failure;
  });
}
