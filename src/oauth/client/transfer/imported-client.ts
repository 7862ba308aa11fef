import type { Client, ClientSecret, SelfRegistration } from '../client.js';
import { ClientMetadata, METADATA_MEMBERS } from '../client.metadata.js';
import { toRegistration, type RegistrationRules } from '../client.registration.js';
import type { ClientSecretIssuer } from '../client-secret.issuer.js';
import { refuseIf } from '../metadata-refusal.js';
import { given, readTime, type Members } from './member-readers.js';
import { readRegistration } from './transferred-registration.js';
import { TransferredSecrets } from './transferred-secrets.js';

/** What a line says of a client, checked against the rules. */
export interface ImportedClient {
  readonly id: string;
  readonly registered: ReturnType<typeof toRegistration>;
  /** Missing: the line does not say. */
  readonly enabled?: boolean;
  readonly issuedAt?: number;
  /** `client_secrets`. */
  readonly secrets: readonly ClientSecret[];
  /** Of `client_secret` or `client_secret_hash`: for a client that has no secrets. */
  readonly first?: ClientSecret;
  readonly registration?: SelfRegistration;
}

const KNOWN: ReadonlySet<string> = new Set([
  ...METADATA_MEMBERS,
  'client_id_issued_at',
  'enabled',
  'client_secrets',
  'registration',
]);

/** The names of members that mean nothing here, as they are in the line. */
export function ignoredMembers(document: Members): string[] {
  return Object.keys(document).filter((name) => !KNOWN.has(name));
}

/** A line whose members have the right types. */
export interface ClientLine {
  readonly line: number;
  readonly id: string;
  readonly metadata: ClientMetadata;
  readonly document: Members;
}

/** @throws OauthError `invalid_client_metadata` */
export function readLine(line: number, document: Members): ClientLine {
  const metadata = ClientMetadata.from(document);
  const { client_id: id = '' } = metadata;
  refuseIf(id === '', 'client_id must be given');
  return { line, id, metadata, document };
}

/** Reads what lines mean. */
export class ImportedClients {
  private readonly transferred: TransferredSecrets;

  constructor(
    private readonly rules: RegistrationRules,
    private readonly issuer: ClientSecretIssuer,
    private readonly now: number,
  ) {
    this.transferred = new TransferredSecrets(issuer, rules.encryption);
  }

  /** `before` is the client that is there. @throws OauthError `invalid_client_metadata`, AdministrationError `unsupported` */
  async read({ id, metadata, document }: ClientLine, before: Client | undefined): Promise<ImportedClient> {
    const registered = toRegistration(metadata, this.rules, before);
    const secrets = await this.transferred.read(
      document['client_secrets'],
      registered.tokenEndpointAuthMethod,
    );
    const first = await this.readFirst(metadata, registered);
    refuseIf(
      first !== undefined && secrets.length > 0,
      'client_secrets must not be given together with client_secret or client_secret_hash',
    );
    const registration = readRegistration(document['registration']);
    const { enabled, client_id_issued_at: issuedAt } = document;
    refuseIf(given(enabled) && typeof enabled !== 'boolean', 'enabled must be true or false');
    return {
      id,
      registered,
      ...(typeof enabled === 'boolean' && { enabled }),
      ...(given(issuedAt) && { issuedAt: readTime(issuedAt, 'client_id_issued_at') }),
      secrets,
      ...(first && { first }),
      ...(registration && { registration }),
    };
  }

  /** Nobody would see a secret that is made here, so none is. */
  private async readFirst(
    metadata: ClientMetadata,
    method: ImportedClient['registered'],
  ): Promise<ClientSecret | undefined> {
    const { client_secret: secret, client_secret_hash: hash } = metadata;
    if (secret === undefined && hash === undefined) return undefined;
    return (await this.issuer.issueFirst(metadata, method, this.now))?.stored;
  }
}
