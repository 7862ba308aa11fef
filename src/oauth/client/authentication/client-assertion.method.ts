import type { Clock } from '../../clock.js';
import type { Parameters } from '../../http/parameters.js';
import type { OauthRequest } from '../../oauth.request.js';
import type { Client } from '../client.js';
import { isSameAlgorithm } from '../keys/verification-key.js';
import {
  ClientAuthenticationMethod,
  refused,
  type PresentedCredentials,
  type Verdict,
} from './authentication-method.js';
import { readClientAssertion, type ClientAssertion } from './client-assertion.js';
import { checkClaims } from './client-assertion.claims.js';
import { KEYS_UNAVAILABLE } from './private-key-jwt.js';

/** One kind of signature under an assertion. */
export interface AssertionVerifier {
  /** Its value of `token_endpoint_auth_method`. */
  readonly method: string;
  readonly algorithms: readonly string[];
  /** `undefined` where the signature is this client's, else the reason. */
  fault(client: Client, assertion: ClientAssertion): string | undefined | Promise<string | undefined>;
}

export interface ClientAssertionRules {
  readonly issuer: string;
  /** URLs that a legacy client may name as the audience. */
  readonly endpoints: readonly string[];
  /** Seconds. */
  readonly lifetime: number;
  /** Seconds. */
  readonly tolerance: number;
}

/** `private_key_jwt` and `client_secret_jwt`: RFC 7521 §4.2, RFC 7523. The algorithm tells which of them it is. */
export class ClientAssertionMethod extends ClientAuthenticationMethod {
  override readonly names: readonly string[];
  override readonly signingAlgorithms: readonly string[];

  constructor(
    private readonly verifiers: readonly AssertionVerifier[],
    private readonly rules: ClientAssertionRules,
    private readonly clock: Clock,
  ) {
    super();
    this.names = verifiers.map(({ method }) => method);
    this.signingAlgorithms = verifiers.flatMap(({ algorithms }) => algorithms);
  }

  read(_request: OauthRequest, parameters: Parameters): PresentedCredentials | undefined {
    const assertion = readClientAssertion(parameters);
    if (assertion === undefined) return undefined;
    if (assertion === 'unreadable') return this.unusable(undefined);
    const { algorithm, clientId } = assertion;
    const verifier = this.verifiers.find(({ algorithms }) => algorithms.includes(algorithm));
    if (!verifier) return this.unusable(clientId);
    const { method } = verifier;
    return { method, clientId, verify: (client) => this.verify(client, assertion, verifier) };
  }

  /** Of no method that can be told. */
  private unusable(clientId: string | undefined): PresentedCredentials {
    const [method = ''] = this.names;
    return { method, clientId, verify: () => refused('assertion_algorithm') };
  }

  private async verify(
    client: Client,
    assertion: ClientAssertion,
    verifier: AssertionVerifier,
  ): Promise<Verdict> {
    const { tokenEndpointAuthSigningAlg: registered } = client;
    if (registered !== undefined && !isSameAlgorithm(registered, assertion.algorithm)) {
      return refused('assertion_algorithm');
    }
    const { issuer, endpoints } = this.rules;
    const audiences = client.legacyAssertionAudience ? [issuer, ...endpoints] : [issuer];
    const claims = checkClaims(assertion.payload, { ...this.rules, audiences, now: this.clock.now() });
    if ('refused' in claims) return refused(claims.refused);
    const fault = await verifier.fault(client, assertion);
    // A key server that is down is not a guess.
    if (fault !== undefined) return { ...refused(fault), counts: fault !== KEYS_UNAVAILABLE };
    return { verified: true, oneTime: { id: claims.jti, expiresAt: claims.expiresAt } };
  }
}
