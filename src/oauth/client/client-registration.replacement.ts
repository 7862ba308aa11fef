import type { Client, SelfRegistration } from './client.js';
import { toClientInformation } from './client.information.js';
import { ClientMetadata, OPERATOR_MEMBERS } from './client.metadata.js';
import { toRegistration, type RegistrationRules } from './client.registration.js';
import { isLive, type NewClientSecret } from './client-secret.js';
import type { ClientSecretIssuer } from './client-secret.issuer.js';
import { formatScope, parseScope } from '../scope.js';

/** What a client that manages itself says about itself, all of it (RFC 7592 §2.2). */
export interface RegistrationChange {
  /** Its members; `scope` is among them. What is an operator's to say is not taken from here. */
  readonly document: Readonly<Record<string, unknown>>;
  readonly registration: SelfRegistration;
  /** Seconds that a new secret lives. Missing: for ever. */
  readonly secretLifetime?: number | undefined;
}

/** What such a change comes to. */
export interface RegistrationReplacement {
  readonly client: Client;
  /** Where it needs a secret and has none that will do for long. */
  readonly issued?: NewClientSecret;
  /** The ids of the secrets that are of no use to it any more. */
  readonly obsolete: readonly string[];
}

/** @throws OauthError `invalid_client_metadata` */
export function replaceRegistration(
  client: Client,
  { document, registration, secretLifetime }: RegistrationChange,
  rules: RegistrationRules,
  secrets: ClientSecretIssuer,
  now: number,
): RegistrationReplacement {
  const metadata = ClientMetadata.from({
    ...document,
    ...operatorMembers(client, document['scope']),
    client_id: client.id,
  });
  const { id, revision, enabled, createdAt, updatedAt, tokenSeries } = client;
  const changed: Client = {
    ...{ id, revision, enabled, createdAt, updatedAt, tokenSeries, secrets: client.secrets },
    ...toRegistration(metadata, rules, decided(client)),
    registration,
  };
  const usable = client.secrets.filter((secret) => secrets.isUsable(secret, changed));
  const obsolete = client.secrets.filter((secret) => !usable.includes(secret)).map((secret) => secret.id);
  const lasting = usable.some((secret) => isLive(secret, now) && isYoung(secret, now));
  if (lasting || !secrets.serves(changed)) return { client: changed, obsolete };
  const expiresAt = secretLifetime === undefined ? undefined : now + secretLifetime;
  return { client: changed, obsolete, issued: secrets.issue(changed, now, expiresAt) };
}

/** What an operator has said stays; of the default scope what the client may still have. */
function operatorMembers(client: Client, scope: unknown): Readonly<Record<string, unknown>> {
  const information = toClientInformation(client);
  const members = Object.fromEntries(OPERATOR_MEMBERS.map((name) => [name, information[name]]));
  const ceiling = typeof scope === 'string' ? parseScope(scope) : [];
  const defaultScope = client.defaultScope?.filter((each) => ceiling.includes(each)) ?? [];
  return { ...members, default_scope: defaultScope.length > 0 ? formatScope(defaultScope) : undefined };
}

/** What an operator has decided may be taken away meanwhile: nothing that the client could mend. */
function decided({ resource, accessTokenTtl }: Client): Pick<Client, 'resource' | 'accessTokenTtl'> {
  return {
    ...(resource !== undefined && { resource }),
    ...(accessTokenTtl !== undefined && { accessTokenTtl }),
  };
}

/** Less than half of its life has passed. */
function isYoung({ createdAt, expiresAt }: Client['secrets'][number], now: number): boolean {
  return expiresAt === undefined || now - createdAt < expiresAt - now;
}
