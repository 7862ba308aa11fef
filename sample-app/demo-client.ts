import { AdministrationError, type OauthAdmin } from 'nestjs-oauth-kit';

/** Makes a first client on an empty database. Of several instances that start at once, one does. */
export async function createDemoClient(
  admin: OauthAdmin,
): Promise<{ id: string; secret: string } | undefined> {
  if ((await admin.clients.list({ limit: 1 })).length > 0) return undefined;
  try {
    const { client, issued } = await admin.clients.create({
      client_id: 'demo',
      client_name: 'Demo',
      scope: 'catalog:read catalog:write statistics:read',
      default_scope: 'catalog:read',
    });
    return issued && { id: client.id, secret: issued.secret };
  } catch (failure) {
    if (failure instanceof AdministrationError && failure.code === 'client_exists') return undefined;
    throw failure;
  }
}

export function demoText(issuer: string, { id, secret }: { id: string; secret: string }): string {
  const base = issuer.replace(/\/$/, '');
  const token = `curl -s -u '${id}:${secret}' -d grant_type=client_credentials ${base}/oauth/token`;
  return [
    'A demo client was made, since there was none. Its secret is shown this once:',
    '',
    `  client_id:     ${id}`,
    `  client_secret: ${secret}`,
    '',
    'Get an access token:',
    '',
    `  ${token}`,
    '',
    'Use one:',
    '',
    `  curl -s -H "Authorization: Bearer $(${token} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')" ${base}/api/catalog`,
    '',
  ].join('\n');
}
