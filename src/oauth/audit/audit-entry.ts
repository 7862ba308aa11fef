import type {
  ClientAuthenticationFailed,
  OauthEvent,
  RegistrationRefusalReason,
  RegistrationRefused,
  TokenIssued,
  TokenRevoked,
} from '../events/oauth-event.js';
import type { AuditEntry } from './audit.log.js';
import { AuditIds } from './audit-id.js';
import { asText, bounded, printable } from './audit-text.js';

const LONGEST_TENANT = 255;
const LONGEST_ADDRESS = 64;

/** Why a client is refused that there is. */
const OF_CLIENTS: ReadonlySet<RegistrationRefusalReason> = new Set(['unknown_token', 'client_disabled']);

/** Requests that prove nothing and try nothing: anybody could fill the log with them. */
const NOT_KEPT: ReadonlySet<RegistrationRefusalReason> = new Set(['no_token', 'throttled']);

/** What an event says, besides its type and its time. */
interface Told extends Pick<AuditEntry, 'detail'> {
  readonly actor?: string | undefined;
  readonly subject?: string | undefined;
  readonly tenant?: string | undefined;
}

/** Makes entries of events: of each only what is listed here, so that a member that is added later is not kept by mistake. */
export class AuditEntries {
  private readonly ids = new AuditIds();

  /** `undefined` for events that are not kept. */
  of(event: OauthEvent): AuditEntry | undefined {
    const told = toldBy(event);
    if (!told) return undefined;
    const { at, type, address } = event;
    const { actor, subject, tenant, detail } = told;
    return {
      id: this.ids.next(at),
      at,
      type,
      ...(actor && { actor: printable(actor) }),
      ...(subject && { subject: printable(subject) }),
      ...(address && { address: printable(address, LONGEST_ADDRESS) }),
      ...(tenant && { tenant: [...asText(tenant)].slice(0, LONGEST_TENANT).join('') }),
      detail: bounded(detail),
    };
  }
}

function toldBy(event: OauthEvent): Told | undefined {
  switch (event.type) {
    case 'client.authentication_failed':
      return event.reason === 'no_credentials' ? undefined : failed(event);
    case 'registration.refused':
      return NOT_KEPT.has(event.reason) ? undefined : refused(event);
    case 'token.issued':
      return issued(event);
    case 'token.revoked':
      return revoked(event);
    case 'client.authenticated':
    case 'client.authentication_throttled':
    case 'token.refused':
    case 'token.introspected':
      return undefined;
    default: {
      // A change by an operator, or by a client that manages itself.
      const { actor, subject, tenant, detail } = event;
      return { actor, subject, tenant, detail };
    }
  }
}

/** What is not the id of a client may be a secret that went into the wrong field: it is not kept. */
function failed({ clientId, method, reason }: ClientAuthenticationFailed): Told {
  return {
    subject: reason === 'unknown_client' ? undefined : clientId,
    detail: { ...(method !== undefined && { method: printable(method) }), reason: printable(reason) },
  };
}

/** Likewise: in the path, too, a token may stand where the id belongs. */
function refused({ clientId, reason }: RegistrationRefused): Told {
  return { subject: OF_CLIENTS.has(reason) ? clientId : undefined, detail: { reason } };
}

function issued({
  clientId,
  tokenId,
  tenant,
  audience,
  scope,
  format,
  grantType,
  expiresAt,
}: TokenIssued): Told {
  const detail = { audience, scope, format, grant_type: grantType, expires_at: expiresAt };
  return { actor: `client:${clientId}`, subject: tokenId, tenant, detail };
}

function revoked({ clientId, tokenId, tenant, format }: TokenRevoked): Told {
  return { actor: `client:${clientId}`, subject: tokenId, tenant, detail: { format } };
}
