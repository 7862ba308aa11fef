/** Why an administrative operation was refused, its input apart (which is an OauthError: `invalid_client_metadata`, `invalid_request`). */
export type AdministrationErrorCode =
  | 'client_not_found'
  | 'client_exists'
  | 'secret_not_found'
  | 'secret_unreadable'
  | 'key_not_found'
  | 'token_not_found'
  | 'resource_server_not_found'
  | 'resource_server_exists'
  | 'registration_token_not_found'
  | 'conflict'
  | 'unsupported';

/** A refused administrative operation. Nothing was changed; with `secret_unreadable`, nothing about the secrets that it names. */
export class AdministrationError extends Error {
  override readonly name = 'AdministrationError';

  constructor(
    readonly code: AdministrationErrorCode,
    message: string,
  ) {
    super(message);
  }
}
