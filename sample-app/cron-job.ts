import {
  ClientSecretBasic,
  allowInsecureRequests,
  clientCredentialsGrant,
  discovery,
  fetchProtectedResource,
} from 'openid-client';

/**
 * A machine client, as cron would run it: gets a token from what the issuer publishes about itself, and calls the API.
 * Set CLIENT_ID and CLIENT_SECRET; ISSUER is that of the sample app started with its defaults.
 */
async function run(): Promise<void> {
  const { ISSUER: issuer = 'http://127.0.0.1:3000', CLIENT_ID: id, CLIENT_SECRET: secret } = process.env;
  if (!id || !secret) throw new Error('Set CLIENT_ID and CLIENT_SECRET.');
  const server = await discovery(new URL(issuer), id, undefined, ClientSecretBasic(secret), {
    algorithm: 'oauth2',
    // Plain http is served on loopback only.
    execute: issuer.startsWith('http:') ? [allowInsecureRequests] : [],
  });
  const resource = `${issuer.replace(/\/$/, '')}/api/catalog`;
  const token = await clientCredentialsGrant(server, { scope: 'catalog:read', resource });
  const response = await fetchProtectedResource(server, token.access_token, new URL(resource), 'GET');
  if (!response.ok) throw new Error(`The API answered ${response.status}.`);
  console.log(await response.text());
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
