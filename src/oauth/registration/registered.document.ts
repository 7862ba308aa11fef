import { toClientInformation } from '../client/client.information.js';
import { REGISTRANT_MEMBERS } from '../client/client.metadata.js';
import type { CreatedClient } from '../client/client.administration.js';
import type { ClientRegistrationDocument } from './registration.response.js';

const SHOWN: readonly string[] = [
  'client_id', 'client_id_issued_at', 'client_secret', 'client_secret_expires_at', ...REGISTRANT_MEMBERS,
]; // prettier-ignore

/** What a client learns of its registration, RFC 7592 §3: nothing of what an operator says about it. */
export function registeredDocument(
  { client, issued }: CreatedClient,
  endpoint: string,
  token: string,
): ClientRegistrationDocument {
  const known = Object.entries(toClientInformation(client, issued)).filter(([name]) => SHOWN.includes(name));
  return {
    ...Object.fromEntries(known),
    client_id: client.id,
    client_id_issued_at: client.createdAt,
    registration_access_token: token,
    registration_client_uri: clientUri(endpoint, client.id),
  };
}

/** The client configuration endpoint of one client. */
function clientUri(endpoint: string, id: string): string {
  const [path = '', ...query] = endpoint.split('?');
  return [`${path.replace(/\/$/, '')}/${encodeURIComponent(id)}`, ...query].join('?');
}

/** The client that a request to its configuration endpoint is about. `undefined` where that cannot be read. */
export function clientIdOf(url: string): string | undefined {
  const path = url.split(/[?#]/, 1)[0] ?? '';
  try {
    return decodeURIComponent(path.slice(path.lastIndexOf('/') + 1));
  } catch {
    return undefined;
  }
}
