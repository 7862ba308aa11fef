import type { BodyLimits } from '../../http/body.js';
import { readForm } from '../../http/form.js';
import type { Parameters } from '../../http/parameters.js';
import { OauthError } from '../../oauth.error.js';
import type { OauthRequest } from '../../oauth.request.js';
import type { AuthenticatedClient, ClientAuthentication } from './client-authentication.js';

/** A form from a client that has proved who it is. */
export interface ClientRequest {
  readonly client: AuthenticatedClient;
  readonly parameters: Parameters;
}

/** What the endpoints for clients begin with: a POST, a form, and who sends it. In this order faults are reported. */
export class ClientRequests {
  constructor(
    private readonly authentication: ClientAuthentication,
    private readonly limits: BodyLimits,
  ) {}

  /** `once`: the parameters that must not repeat. @throws OauthError */
  async read(http: OauthRequest, once: readonly string[]): Promise<ClientRequest> {
    if (http.method !== 'POST') throw OauthError.methodNotAllowed(http.method, 'POST');
    const parameters = await readForm(http, this.limits);
    parameters.refuseRepeats(once);
    return { client: await this.authentication.authenticate(http, parameters), parameters };
  }
}
