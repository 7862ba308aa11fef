import { readAuthorization } from '../../http/authorization.js';
import type { Parameters } from '../../http/parameters.js';
import { OauthError } from '../../oauth.error.js';
import type { OauthRequest } from '../../oauth.request.js';
import type { ClientAuthenticationMethod, PresentedCredentials } from './authentication-method.js';

/** Where all methods of client authentication meet. */
export class AuthenticationMethods {
  private readonly schemes: ReadonlySet<string>;

  constructor(private readonly methods: readonly ClientAuthenticationMethod[]) {
    this.schemes = new Set(methods.flatMap(({ scheme }) => scheme ?? []));
  }

  get names(): string[] {
    return this.methods.flatMap(({ names }) => names);
  }

  /** What assertions may be signed with, over all methods. */
  get signingAlgorithms(): string[] {
    return [...new Set(this.methods.flatMap(({ signingAlgorithms }) => signingAlgorithms))];
  }

  /**
   * The one set of credentials in a request. Two sets are `invalid_request` (RFC 6749 §2.3); none, or an `Authorization`
   * header that no method reads, is `undefined`, which the caller answers with `invalid_client`.
   */
  read(request: OauthRequest, parameters: Parameters): PresentedCredentials | undefined {
    const authorization = readAuthorization(request);
    const presented = this.methods.flatMap((method) => readBy(method, request, parameters) ?? []);
    if (presented.length > 1) {
      throw OauthError.invalidRequest('The request uses more than one client authentication method.');
    }
    if (authorization && !this.schemes.has(authorization.scheme)) return undefined;
    return presented[0];
  }
}

/** Else a method could prove the clients of another by rules of its own. */
function readBy(
  method: ClientAuthenticationMethod,
  request: OauthRequest,
  parameters: Parameters,
): PresentedCredentials | undefined {
  const presented = method.read(request, parameters);
  if (presented && !method.names.includes(presented.method)) {
    throw OauthError.serverError(new Error(`A method of client authentication claims ${presented.method}.`));
  }
  return presented;
}
