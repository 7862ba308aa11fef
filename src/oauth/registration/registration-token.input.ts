import { IsInt, IsObject, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { TEXT } from '../client/client-description.metadata.js';
import { IsListOf } from '../list.validation.js';
import { OauthError } from '../oauth.error.js';
import { requireValid } from '../validation.js';
import type { RegistrationTokenInput } from './registration-token.administration.js';
import type { RegistrationChoices, RegistrationPolicy } from './registration.policy.js';

const OWNER = /^[^\p{Cc}]{1,255}$/u;
const MOST = 100;
const WEEK = 604_800;
const TEN_YEARS = 315_360_000;
const MOST_USES = 1_000_000;

const description = { message: '$property must be text of 1 to 1000 characters without control characters' };
const owner = { message: '$property must be text of 1 to 255 characters without control characters' };
const list = { message: `$property must be an array of at most ${MOST} different texts` };
const lifetime = { message: `$property must be a whole number of seconds from 0 to ${TEN_YEARS}` };
const mostUses = { message: `$property must be a whole number from 0 to ${MOST_USES}` };

/** A list of names, which are compared with what this server has. */
function IsList(): PropertyDecorator {
  const checks = [IsListOf(MOST, list), IsString({ each: true, ...list })];
  return (target, name) => checks.forEach((check) => check(target, name));
}

/** {@link RegistrationTokenInput}, checked. */
export class CheckedTokenInput {
  @IsOptional()
  @IsString(description)
  @Matches(TEXT, description)
  readonly description?: string;

  @IsInt(lifetime)
  @Min(0, lifetime)
  @Max(TEN_YEARS, lifetime)
  readonly lifetime: number = WEEK;

  @IsInt(mostUses)
  @Min(0, mostUses)
  @Max(MOST_USES, mostUses)
  readonly mostUses: number = 1;

  @IsOptional()
  @IsString(owner)
  @Matches(OWNER, owner)
  readonly owner?: string;

  @IsOptional()
  @IsObject({ message: 'labels must be an object of labels' })
  readonly labels?: Readonly<Record<string, string>>;

  @IsOptional()
  @IsList()
  readonly scopes?: readonly string[];

  @IsOptional()
  @IsList()
  readonly resources?: readonly string[];

  @IsOptional()
  @IsList()
  readonly authenticationMethods?: readonly string[];

  @IsOptional()
  @IsList()
  readonly grantTypes?: readonly string[];

  /** @throws OauthError `invalid_request` */
  static from(input: RegistrationTokenInput): CheckedTokenInput {
    const given: unknown = input;
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      throw OauthError.invalidRequest('A registration token is described by an object.');
    }
    const checked = new CheckedTokenInput();
    for (const name of INPUT_MEMBERS) {
      const value = Object.hasOwn(given, name) ? input[name] : undefined;
      if (value !== undefined && value !== null) Object.assign(checked, { [name]: value });
    }
    return requireValid(checked);
  }

  /** Only what this server has may be allowed. @throws OauthError `invalid_request` */
  policy({ resources, methods, grantTypes }: RegistrationChoices): RegistrationPolicy {
    among('scopes', this.scopes, resources.scopes);
    among('authenticationMethods', this.authenticationMethods, methods.names);
    among('grantTypes', this.grantTypes, grantTypes);
    const names = this.resources?.map((name) => resources.absolute(name));
    among(
      'resources',
      names,
      resources.all.map(({ identifier }) => identifier),
    );
    return {
      ...(this.scopes && { scopes: [...this.scopes] }),
      ...(names && { resources: [...new Set(names)] }),
      ...(this.authenticationMethods && { authenticationMethods: [...this.authenticationMethods] }),
      ...(this.grantTypes && { grantTypes: [...this.grantTypes] }),
    };
  }
}

const INPUT_MEMBERS = [
  'description', 'lifetime', 'mostUses', 'owner', 'labels', 'scopes', 'resources', 'authenticationMethods', 'grantTypes',
] as const satisfies readonly (keyof RegistrationTokenInput)[]; // prettier-ignore

function among(name: string, given: readonly string[] = [], known: readonly string[]): void {
  const unknown = given.filter((each) => !known.includes(each));
  if (unknown.length === 0) return;
  throw OauthError.invalidRequest(`${name} must be among ${known.join(', ')}, not ${unknown.join(', ')}`);
}
