/** A mistake of the host that stops the start: which option, what it got, what it wants. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(
    /** The option's path, for example `resources[0].scopes`. */
    readonly option: string,
    /** In words; never a secret. */
    got: string,
    wants: string,
    cause?: unknown,
  ) {
    super(`nestjs-oauth-kit: option ${option} is ${got}, it must be ${wants}`, { cause });
  }
}
