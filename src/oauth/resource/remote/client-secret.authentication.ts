import { IntrospectionAuthentication, type UnauthenticatedRequest } from './introspection-authentication.js';

/** RFC 6749 §2.3.1: id and secret are form-encoded before they are joined. */
export class BasicAuthentication extends IntrospectionAuthentication {
  private readonly authorization: string;

  constructor(clientId: string, secret: string) {
    super();
    const credentials = `${formEncoded(clientId)}:${formEncoded(secret)}`;
    this.authorization = `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`;
  }

  authenticate({ headers }: UnauthenticatedRequest): void {
    headers.set('authorization', this.authorization);
  }
}

/** RFC 6749 §2.3.1: id and secret in the form. */
export class PostAuthentication extends IntrospectionAuthentication {
  constructor(
    private readonly clientId: string,
    private readonly secret: string,
  ) {
    super();
  }

  authenticate({ form }: UnauthenticatedRequest): void {
    form.set('client_id', this.clientId);
    form.set('client_secret', this.secret);
  }
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
