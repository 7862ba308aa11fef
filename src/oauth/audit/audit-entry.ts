import type {
  ClientAuthenticationFailed,
  OauthEvent,
  RegistrationRefused,
  TokenIssued,
  TokenRevoked,
} from '../events/oauth-event.js';
import type { AuditEntry } from './audit.log.js';
import { AuditIds } from './audit-id.js';
import { bounded, printable } from './audit-text.js';

const LONGEST_TENANT = 255;
const LONGEST_ADDRESS = 64;

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
      ...(tenant && { tenant: [...tenant].slice(0, LONGEST_TENANT).join('') }),
      detail: bounded(detail),
    };
  }
}

function toldBy(event: OauthEvent): Told | undefined {
  switch (event.type) {
    case 'client.authentication_failed':
      return failed(event);
    case 'registration.refused':
      return refused(event);
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

/** Likewise: who sends no token may have put it where the id belongs. */
function refused({ clientId, reason }: RegistrationRefused): Told {
  const claimed = reason === 'no_token' || reason === 'malformed_token';
  return { subject: claimed ? undefined : clientId, detail: { reason } };
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
  return { actor: clientId, subject: tokenId, tenant, detail };
}

function revoked({ clientId, tokenId, tenant, format }: TokenRevoked): Told {
  return { actor: clientId, subject: tokenId, tenant, detail: { format } };
}
