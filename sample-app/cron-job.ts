import {
  ClientSecretBasic,
  allowInsecureRequests,
  clientCredentialsGrant,
  discovery,
  fetchProtectedResource,
} from 'openid-client';

/**
 * A machine client, as cron would run it: gets a token from what the issuer publishes about itself, and calls the API;
 * where REPORTS_URL is set, the reports as well, each with a token of its own. Set CLIENT_ID and CLIENT_SECRET; ISSUER is
 * that of the sample app started with its defaults.
 */
async function run(): Promise<void> {
  const { ISSUER: issuer = 'http://127.0.0.1:3000', CLIENT_ID: id, CLIENT_SECRET: secret } = process.env;
  if (!id || !secret) throw new Error('Set CLIENT_ID and CLIENT_SECRET.');
  const server = await discovery(new URL(issuer), id, undefined, ClientSecretBasic(secret), {
    algorithm: 'oauth2',
    // Plain http is served on loopback only.
    execute: issuer.startsWith('http:') ? [allowInsecureRequests] : [],
  });
  const call = async (resource: string, scope: string): Promise<void> => {
    const token = await clientCredentialsGrant(server, { scope, resource });
    const response = await fetchProtectedResource(server, token.access_token, new URL(resource), 'GET');
    if (!response.ok) throw new Error(`The API answered ${response.status}.`);
    console.log(await response.text());
  };
  await call(`${issuer.replace(/\/$/, '')}/api/catalog`, 'catalog:read');
  const reports = process.env['REPORTS_URL']?.replace(/\/$/, '');
  if (!reports) return;
  await call(`${reports}/reports/sales`, 'sales:read');
  await call(`${reports}/reports/audit`, 'audit:read');
}

run().catch((failure: unknown) => {
  const { message, cause } = failure instanceof Error ? failure : new Error(String(failure));
  console.error(
    cause instanceof Error
      ? `${message}: ${cause.message || String((cause as { code?: string }).code)}`
      : message,
  );
  process.exitCode = 1;
});
