import type { ValidationOptions } from 'class-validator';
import { OauthError } from '../oauth.error.js';
import { answering } from '../validation.js';

/** RFC 7591 §3.2.2. The description names the member. */
export function refuseIf(wrong: boolean, description: string): asserts wrong is false {
  if (wrong) throw OauthError.invalidClientMetadata(description);
}

/** The same for a member that a decorator checks: what it must be, in words that follow "must be". */
export function says(message: string): ValidationOptions {
  return { message: `$property must be ${message}`, ...answering('invalid_client_metadata') };
}
