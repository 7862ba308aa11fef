import type { Client, ClientSecret } from '../client.js';

const SECRET_OF_NOBODY: ClientSecret = { id: '', digest: '0'.repeat(64), createdAt: 0 };

/** Why this client may not authenticate by this method at all, as a reason for events. */
export function obstacleTo(client: Client | undefined, clientId: string, method: string): string | undefined {
  if (client?.id !== clientId) return 'unknown_client';
  if (!client.enabled) return 'client_disabled';
  return client.tokenEndpointAuthMethod === method ? undefined : 'wrong_method';
}

/** Stands in for a client that may not authenticate, so that its credentials cost what those of others cost. */
export function decoyFor(id: string, tokenEndpointAuthMethod: string): Client {
  return {
    id,
    revision: 0,
    enabled: false,
    createdAt: 0,
    updatedAt: 0,
    tokenSeries: '',
    tokenEndpointAuthMethod,
    grantTypes: [],
    information: {},
    secrets: [SECRET_OF_NOBODY],
  };
}
