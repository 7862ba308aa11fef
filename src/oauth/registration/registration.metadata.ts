import { ClientMetadata } from '../client/client.metadata.js';
import { toRegistration, type RegistrationRules } from '../client/client.registration.js';
import { refuseIf } from '../client/metadata-refusal.js';
import { checkRedirectUris, type RegistrantDocument } from './registrant.document.js';
import { permit, settled, type RegistrationChoices, type RegistrationPolicy } from './registration.policy.js';
import type { SoftwareStatements } from './software-statement.js';

/** What a registrant may have registered. */
export class RegistrantMetadata {
  constructor(
    private readonly statements: SoftwareStatements,
    private readonly choices: RegistrationChoices,
    private readonly rules: RegistrationRules,
  ) {}

  /**
   * What of a document is registered under a policy, with what a software statement says, and checked to the end: only a
   * store can still refuse it. @throws OauthError, the codes of RFC 7591 §3.2.2
   */
  async from(
    document: RegistrantDocument,
    policy: RegistrationPolicy,
    before?: readonly string[],
  ): Promise<RegistrantDocument> {
    checkRedirectUris(document);
    const members = await this.statements.apply(document);
    const method = members['token_endpoint_auth_method'];
    refuseIf(
      method === 'none',
      'token_endpoint_auth_method must not be none: clients here prove who they are',
    );
    const metadata = ClientMetadata.from(members);
    await this.rules.resources.refresh();
    const registered = { ...members, ...permit(metadata, policy, this.choices, before) };
    toRegistration(ClientMetadata.from(registered), this.rules);
    return registered;
  }

  /** The policy that a client keeps, and is held to by every update. */
  policyOfNow(policy: RegistrationPolicy): RegistrationPolicy {
    return settled(policy, this.choices);
  }
}
