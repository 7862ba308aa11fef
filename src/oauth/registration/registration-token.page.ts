import { IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { requireValid } from '../validation.js';

const MOST = 500;
const limit = { message: `limit must be a whole number from 1 to ${MOST}` };
const after = { message: 'after must be the next of the page before' };

/** Which page of registration tokens. */
export class RegistrationTokenPage {
  @IsInt(limit)
  @Min(1, limit)
  @Max(MOST, limit)
  readonly limit: number = 50;

  @IsOptional()
  @IsString(after)
  @Matches(/^[0-9a-f]{1,64}$/, after)
  readonly after?: string;

  /** @throws OauthError `invalid_request` */
  static from(input: { readonly limit?: number | undefined; readonly after?: string | undefined }) {
    const page = new RegistrationTokenPage();
    if (input.limit !== undefined) Object.assign(page, { limit: input.limit });
    if (input.after !== undefined) Object.assign(page, { after: input.after });
    return requireValid(page);
  }
}
