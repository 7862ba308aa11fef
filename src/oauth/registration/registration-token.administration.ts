import { AdministrationError } from '../administration.error.js';
import type { AuditDetail } from '../audit/audit.log.js';
import type { Journal } from '../audit/journal.js';
import { requestedLabels } from '../client/client-record.metadata.js';
import type { AuthenticationMethods } from '../client/authentication/authentication-methods.js';
import { tenantOf } from '../client/client.js';
import type { Clock } from '../clock.js';
import { randomId } from '../digest.js';
import type { ResourceServers } from '../resource/resource-server.js';
import { reach } from '../store-failure.js';
import { newRegistrationToken, registrationTokenDigest } from './registration-token.js';
import { CheckedTokenInput } from './registration-token.input.js';
import { RegistrationTokenPage } from './registration-token.page.js';
import type { RegistrationPolicy } from './registration.policy.js';
import type { RegistrationTokenStore, StoredRegistrationToken } from './registration-token.store.js';

/** What a registration token may be used for: all of it is optional. */
export interface RegistrationTokenInput extends Partial<{
  readonly [K in keyof RegistrationPolicy]: RegistrationPolicy[K] | undefined;
}> {
  readonly description?: string | undefined;
  /** Seconds from now that it lives, 1 to 315360000. Default: 604800, a week. 0 is for ever. */
  readonly lifetime?: number | undefined;
  /** How many clients it may register, 1 to 1000000. Default: 1. 0 is any number. */
  readonly mostUses?: number | undefined;
  /** What the clients that it registers are given. */
  readonly owner?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** A registration token as an operator sees it: nothing of its value. */
export type RegistrationTokenInformation = Omit<StoredRegistrationToken, 'digest'>;

/** A page of registration tokens. */
export interface RegistrationTokenList {
  readonly tokens: readonly RegistrationTokenInformation[];
  /** The cursor of the next page. Missing: this is the last. */
  readonly next?: string;
}

/** What registration tokens are checked against. */
export interface RegistrationTokenRules {
  readonly issuer: string;
  readonly resources: ResourceServers;
  readonly methods: AuthenticationMethods;
  readonly grantTypes: readonly string[];
  /** Missing: the host does not serve it. */
  readonly registrationEndpoint: string | undefined;
}

/** What an operator does with the initial access tokens of RFC 7591 §3. */
export class RegistrationTokenAdministration {
  constructor(
    private readonly store: RegistrationTokenStore,
    private readonly rules: RegistrationTokenRules,
    private readonly clock: Clock,
    private readonly journal: Journal,
  ) {}

  /** The value is shown this once. @throws OauthError `invalid_request`, AdministrationError `unsupported` */
  async create(
    input: RegistrationTokenInput = {},
  ): Promise<{ readonly token: RegistrationTokenInformation; readonly value: string }> {
    if (this.rules.registrationEndpoint === undefined) {
      throw new AdministrationError(
        'unsupported',
        'This server does not register clients: endpoints.registration is false.',
      );
    }
    const checked = CheckedTokenInput.from(input);
    const { description, lifetime, mostUses, owner } = checked;
    await this.rules.resources.refresh();
    const policy = checked.policy(this.rules);
    const labels = requestedLabels(checked.labels);
    const createdAt = this.clock.now();
    const token: RegistrationTokenInformation = {
      id: randomId(16),
      createdAt,
      ...(lifetime > 0 && { expiresAt: createdAt + lifetime }),
      ...(mostUses > 0 && { mostUses }),
      uses: 0,
      policy,
      ...(description !== undefined && { description }),
      ...(owner !== undefined && { owner }),
      ...(labels && { labels }),
    };
    const value = newRegistrationToken();
    const digest = registrationTokenDigest(this.rules.issuer, value);
    const detail = {
      most_uses: mostUses,
      ...(token.expiresAt !== undefined && { expires_at: token.expiresAt }),
      ...told(policy),
    };
    const change = { tenant: tenantOf(token), detail };
    await this.journal.telling('registration_token.created', token.id, change, () =>
      reach(() => this.store.insert({ ...token, digest })),
    );
    return { token, value };
  }

  /** 1 to 500 tokens, in the order of their ids. Default: 50. @throws OauthError `invalid_request` */
  async list(
    page: { readonly limit?: number | undefined; readonly after?: string | undefined } = {},
  ): Promise<RegistrationTokenList> {
    const { limit, after } = RegistrationTokenPage.from(page);
    // One more tells whether there is a page behind this one.
    const wanted = { limit: limit + 1, ...(after !== undefined && { after }) };
    const found = await reach(() => this.store.list(wanted));
    const tokens = found.slice(0, limit).map(withoutDigest);
    const last = tokens.at(-1);
    return found.length > limit && last ? { tokens, next: last.id } : { tokens };
  }

  /** Nobody can register a client with it any more; those that are registered stay. @throws AdministrationError `registration_token_not_found` */
  async delete(id: string): Promise<void> {
    await this.journal.telling('registration_token.deleted', id, {}, async () => {
      if (await reach(() => this.store.delete(id))) return;
      throw new AdministrationError('registration_token_not_found', `There is no registration token ${id}.`);
    });
  }
}

function withoutDigest({ digest, ...token }: StoredRegistrationToken): RegistrationTokenInformation {
  void digest;
  return token;
}

/** The policy under the names of members, for the audit log. */
function told({ scopes, resources, authenticationMethods, grantTypes }: RegistrationPolicy): AuditDetail {
  return {
    ...(scopes && { scopes }),
    ...(resources && { resources }),
    ...(authenticationMethods && { authentication_methods: authenticationMethods }),
    ...(grantTypes && { grant_types: grantTypes }),
  };
}
