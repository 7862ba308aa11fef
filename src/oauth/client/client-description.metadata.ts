import { ArrayMaxSize, IsArray, IsOptional, IsString, IsUrl, Matches } from 'class-validator';
import { says } from './metadata-refusal.js';

export const TEXT = /^[^\p{Cc}]{1,1000}$/u;

export const text = says('text of 1 to 1000 characters without control characters');
export const url = says('an http or https URL');
const web = { protocols: ['http', 'https'], require_protocol: true, require_tld: false };

/** What describes a client to people, RFC 7591 §2; kept and returned as it came. */
export class ClientDescription {
  @IsOptional()
  @IsString(text)
  @Matches(TEXT, text)
  readonly client_name?: string;

  @IsOptional()
  @IsUrl(web, url)
  readonly client_uri?: string;

  @IsOptional()
  @IsUrl(web, url)
  readonly logo_uri?: string;

  @IsOptional()
  @IsUrl(web, url)
  readonly tos_uri?: string;

  @IsOptional()
  @IsUrl(web, url)
  readonly policy_uri?: string;

  @IsOptional()
  @IsArray(says('an array'))
  @ArrayMaxSize(20, says('an array of at most 20'))
  @Matches(TEXT, { each: true, ...text })
  readonly contacts?: string[];

  @IsOptional()
  @IsString(text)
  @Matches(TEXT, text)
  readonly software_id?: string;

  @IsOptional()
  @IsString(text)
  @Matches(TEXT, text)
  readonly software_version?: string;

  /** What was said about it by somebody who is trusted, as it came: RFC 7591 §2.3. */
  @IsOptional()
  @IsString(text)
  @Matches(/^[\w.-]{1,8192}$/, says('a JWT of at most 8192 characters'))
  readonly software_statement?: string;
}

export const INFORMATION_MEMBERS = [
  'client_name', 'client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'contacts', 'software_id', 'software_version',
  'software_statement',
] as const; // prettier-ignore
