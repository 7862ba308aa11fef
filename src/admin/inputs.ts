import { IsArray, IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, Max, Min } from 'class-validator';
import { ACCESS_TOKEN_FORMATS, type AccessTokenFormat } from '../oauth/token/access-token.js';

const DAY = 86_400;
const YEAR = 31_536_000;

type Optional<T> = T | null | undefined;

const is = (what: string): { message: string } => ({ message: `$property must be ${what}` });
const text = is('a string');
const flag = is('true or false');
const overlap = is(`a whole number of seconds from 0 to ${YEAR}`);
const number = is('a whole number');
const list = is('an array of strings');

/** An array of strings, or none. */
function IsTexts(): PropertyDecorator {
  const checks = [IsOptional(), IsArray(list), IsString({ each: true, ...list })];
  return (target, name) => checks.forEach((check) => check(target, name));
}

/** The body that asks for a new secret. */
export class RotationInput {
  @IsInt(overlap)
  @Min(0, overlap)
  @Max(YEAR, overlap)
  overlap: number = DAY;
}

/** The body that asks for a new signing key. */
export class KeyRotationInput {
  @IsBoolean(flag)
  immediately: boolean = false;
}

/** The members of a resource server that may change; their shape alone, since their rules stand in the core. */
export class ResourceServerChange {
  @IsTexts()
  scopes: Optional<string[]> = undefined;

  @IsTexts()
  default_scopes: Optional<string[]> = undefined;

  @IsOptional()
  @IsIn(ACCESS_TOKEN_FORMATS, is(ACCESS_TOKEN_FORMATS.join(' or ')))
  access_token_format: Optional<AccessTokenFormat> = undefined;

  @IsOptional()
  @IsInt(number)
  access_token_ttl: Optional<number> = undefined;

  @IsOptional()
  @IsString(text)
  name: Optional<string> = undefined;

  @IsOptional()
  @IsString(text)
  documentation: Optional<string> = undefined;

  @IsOptional()
  @IsBoolean(flag)
  metadata: Optional<boolean> = undefined;
}

/** A resource server to be made. */
export class NewResourceServer extends ResourceServerChange {
  @IsString(text)
  identifier: string = '';
}

/** A registration token to be made: the shape of it. Null is omitted. */
export class NewRegistrationToken {
  @IsOptional()
  @IsString(text)
  description: Optional<string> = undefined;

  @IsOptional()
  @IsInt(number)
  lifetime: Optional<number> = undefined;

  @IsOptional()
  @IsInt(number)
  most_uses: Optional<number> = undefined;

  @IsOptional()
  @IsString(text)
  owner: Optional<string> = undefined;

  @IsOptional()
  @IsObject(is('an object of labels'))
  labels: Optional<Record<string, string>> = undefined;

  @IsTexts()
  scopes: Optional<string[]> = undefined;

  @IsTexts()
  resources: Optional<string[]> = undefined;

  @IsTexts()
  authentication_methods: Optional<string[]> = undefined;

  @IsTexts()
  grant_types: Optional<string[]> = undefined;
}
