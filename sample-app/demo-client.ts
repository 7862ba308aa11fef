import { AdministrationError, type OauthAdmin } from 'nestjs-oauth-kit';
import { readSettings } from './settings.js';

const SCOPE = ['catalog:read', 'catalog:write', 'statistics:read'];
export const REPORTS_SCOPE = ['sales:read', 'audit:read'];

export interface Credentials {
  readonly id: string;
  readonly secret: string;
}

/** Makes a first client on an empty database. Of several instances that start at once, one does. */
export async function createDemoClient(admin: OauthAdmin): Promise<Credentials | undefined> {
  return (await admin.clients.list({ limit: 1 })).clients.length > 0 ? undefined : makeDemoClient(admin);
}

/** Undefined where there is one already. */
export async function makeDemoClient(admin: OauthAdmin): Promise<Credentials | undefined> {
  const scope = readSettings().reportsUrl === undefined ? SCOPE : [...SCOPE, ...REPORTS_SCOPE];
  try {
    const { client, issued } = await admin.clients.create({
      client_id: 'demo',
      client_name: 'Demo',
      scope: scope.join(' '),
      default_scope: 'catalog:read',
    });
    return issued && { id: client.id, secret: issued.secret };
  } catch (failure) {
    if (failure instanceof AdministrationError && failure.code === 'client_exists') return undefined;
    throw failure;
  }
}

export function demoText(issuer: string, demo: Credentials): string {
  return [
    'A demo client was made, since there was none. Its secret is shown this once:',
    '',
    `  client_id:     ${demo.id}`,
    `  client_secret: ${demo.secret}`,
    '',
    'Get an access token:',
    '',
    `  ${tokenCommand(issuer, demo)}`,
    '',
    'Use one:',
    '',
    `  ${callCommand(issuer, demo, `${issuer.replace(/\/$/, '')}/api/catalog`)}`,
    '',
  ].join('\n');
}

function tokenCommand(issuer: string, { id, secret }: Credentials, scope = ''): string {
  const wanted = scope === '' ? '' : ` -d scope=${scope}`;
  const url = `${issuer.replace(/\/$/, '')}/oauth/token`;
  return `curl -s -u '${id}:${secret}' -d grant_type=client_credentials${wanted} ${url}`;
}

/** Gets a token and uses it. */
export function callCommand(issuer: string, client: Credentials, url: string, scope?: string): string {
  const token = `${tokenCommand(issuer, client, scope)} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/'`;
  return `curl -s -H "Authorization: Bearer $(${token})" ${url}`;
}
