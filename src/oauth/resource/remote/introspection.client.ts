import { OauthError } from '../../oauth.error.js';
import type { IntrospectionAuthentication } from './introspection-authentication.js';
import { isOfType, type IntrospectedDocument, type IntrospectionAnswers } from './introspection-answers.js';
import type { IssuerHttp, IssuerResponse } from './issuer-http.js';
import type { IssuerMetadata } from './issuer-metadata.js';

/** The parts of an introspection. */
export interface IntrospectionParts {
  readonly http: IssuerHttp;
  readonly metadata: IssuerMetadata;
  readonly authentication: IntrospectionAuthentication;
  readonly answers: IntrospectionAnswers;
  /** Told once of every introspection that failed, for the log. Must not throw. */
  readonly onFailure: (cause: unknown) => void;
}

/** Asks the issuer about tokens: RFC 7662 §2. */
export class IntrospectionClient {
  constructor(private readonly parts: IntrospectionParts) {}

  /** What the issuer says. @throws OauthError without a cause when it does not tell: why, the log has been told. */
  async ask(token: string): Promise<IntrospectedDocument> {
    try {
      return await this.answer(token);
    } catch (failure) {
      if (!(failure instanceof OauthError)) this.parts.onFailure(failure);
      throw OauthError.temporarilyUnavailable(undefined);
    }
  }

  private async answer(token: string): Promise<IntrospectedDocument> {
    const { http, metadata, authentication, answers } = this.parts;
    const url = await metadata.endpoint('introspection_endpoint');
    const form = new URLSearchParams({ token, token_type_hint: 'access_token' });
    const headers = new Headers({ accept: answers.mediaType });
    await authentication.authenticate({ form, headers });
    const response = await http.send({ url, headers, form });
    requireAnswer(response, answers.mediaType);
    return answers.read(response.body);
  }
}

function requireAnswer(response: IssuerResponse, mediaType: string): void {
  const { status } = response;
  if (status === 401) throw new Error('The issuer refuses the credentials of this resource server.');
  if (status !== 200) throw new Error(`The introspection endpoint answered with status ${status}.`);
  if (!isOfType(response, mediaType)) throw new Error(`The introspection response is not ${mediaType}.`);
}
