import { OauthError } from '../oauth.error.js';

/** RFC 7591 §3.2.2. The description names the member. */
export function refuseIf(wrong: boolean, description: string): asserts wrong is false {
  if (wrong) throw OauthError.invalidClientMetadata(description);
}
