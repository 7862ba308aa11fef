import {
  ArrayNotEmpty,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  Max,
  Min,
} from 'class-validator';
import { IsListOf } from '../list.validation.js';
import { OauthError } from '../oauth.error.js';
import { SCOPE_TOKEN } from '../scope.js';
import { ACCESS_TOKEN_FORMATS, type AccessTokenFormat } from '../token/access-token.js';
import { requireValid } from '../validation.js';
import { isResourceIdentifier } from './resource-identifier.js';
import { isWebPage } from './resource-server.options.js';
import type { ResourceServerRules } from './resource-server.js';
import type { StoredResourceServer } from './resource-server.store.js';
import { wrongFormat } from './stored-resource-server.js';

/** A resource server as an operator describes it, with the meaning of the option `resources`. */
export interface ResourceServerInput {
  /** The scopes that exist there, 1 to 200, each of at most 255 characters. */
  readonly scopes: readonly string[];
  /** Out of `scopes`. A client without a registered scope can have these, from now on. Default: none. */
  readonly defaultScopes?: readonly string[] | null | undefined;
  /** Default: `jwt`. */
  readonly accessTokenFormat?: AccessTokenFormat | null | undefined;
  /** Seconds, 1 to the option `maxAccessTokenLifetime`. Default: the option `accessTokenLifetime`. */
  readonly accessTokenLifetime?: number | null | undefined;
  /** At most 255 characters. Default: none. */
  readonly name?: string | null | undefined;
  /** A page for its developers: an http or https URL of at most 2000 characters. Default: none. */
  readonly documentation?: string | null | undefined;
  /** Whether its metadata (RFC 9728) is published: then the host has to serve it there. Default: false. */
  readonly metadata?: boolean | null | undefined;
}

/** What an operator says, as it is stored. */
export type ResourceServerDescription = Omit<
  StoredResourceServer,
  'identifier' | 'revision' | 'createdAt' | 'updatedAt'
>;

const MOST_SCOPES = 200;
const LONGEST_SCOPE = 255;
const LONGEST_URL = 2000;

const list = { message: `$property must be a list of at most ${MOST_SCOPES} different scopes` };
const each = {
  each: true,
  message: `each of $property must be 1 to ${LONGEST_SCOPE} characters of printable ASCII without space, " and \\`,
};
const seconds = { message: '$property must be a whole number of seconds, 1 or more' };
const name = { message: 'name must be text of 1 to 255 characters without control characters' };
const page = { message: 'documentation must be an absolute http or https URL of at most 2000 characters' };

/** It as it arrives: members that are named, in any type. */
class ResourceServerDocument {
  @ArrayNotEmpty({ message: 'scopes must be at least one' })
  @IsListOf(MOST_SCOPES, list)
  @Matches(SCOPE_TOKEN, each)
  @MaxLength(LONGEST_SCOPE, each)
  readonly scopes!: string[];

  @IsOptional()
  @IsListOf(MOST_SCOPES, list)
  @Matches(SCOPE_TOKEN, each)
  @MaxLength(LONGEST_SCOPE, each)
  readonly defaultScopes?: string[];

  @IsOptional()
  @IsIn(ACCESS_TOKEN_FORMATS, { message: 'accessTokenFormat must be jwt or opaque' })
  readonly accessTokenFormat?: AccessTokenFormat;

  @IsOptional()
  @IsInt(seconds)
  @Min(1, seconds)
  @Max(31_536_000, { message: 'accessTokenLifetime must be at most a year' })
  readonly accessTokenLifetime?: number;

  @IsOptional()
  @IsString(name)
  @Matches(/^(?=.*\S)[^\p{Cc}]{1,255}$/u, name)
  readonly name?: string;

  @IsOptional()
  @IsString(page)
  @MaxLength(LONGEST_URL, page)
  @Matches(/^[^\p{Cc}\s]+$/u, page)
  readonly documentation?: string;

  @IsOptional()
  @IsBoolean({ message: 'metadata must be true or false' })
  readonly metadata?: boolean;
}

const MEMBERS = [
  'scopes', 'defaultScopes', 'accessTokenFormat', 'accessTokenLifetime', 'name', 'documentation', 'metadata',
] as const satisfies readonly (keyof ResourceServerInput)[]; // prettier-ignore

/**
 * What is stored of this input, with what is stored `before` in place of the members that it does not name. Null is a member
 * that is taken away; others than these are ignored. @throws OauthError `invalid_request`, naming the member
 */
export function describeResourceServer(
  input: unknown,
  rules: ResourceServerRules,
  before?: StoredResourceServer,
): ResourceServerDescription {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw OauthError.invalidRequest('A resource server must be described by an object.');
  }
  refuseIf(Object.hasOwn(input, '__proto__'), '__proto__ must not be a member of a resource server');
  const given: Readonly<Record<string, unknown>> = { ...input };
  const known: Readonly<Record<string, unknown>> = before
    ? { ...before, metadata: before.publishesMetadata }
    : {};
  const document = new ResourceServerDocument();
  for (const member of MEMBERS) {
    const value = Object.hasOwn(given, member) && given[member] !== undefined ? given[member] : known[member];
    if (value !== undefined && value !== null) Object.assign(document, { [member]: value });
  }
  const described = toDescription(requireValid(document));
  const { scopes, defaultScopes, documentation } = described;
  const unknown = defaultScopes.find((scope) => !scopes.includes(scope));
  refuseIf(unknown !== undefined, `defaultScopes must be among scopes, which ${unknown} is not`);
  refuseIf(documentation !== undefined && !isWebPage(documentation), page.message);
  // What was stored under another ceiling stays, and is cut when it is used.
  const lifetime = given['accessTokenLifetime'];
  refuseIf(
    typeof lifetime === 'number' && lifetime > rules.ceiling,
    `accessTokenLifetime must be at most ${rules.ceiling} seconds (maxAccessTokenLifetime)`,
  );
  const wrong = wrongFormat(described, rules);
  if (wrong !== undefined) throw OauthError.invalidRequest(wrong);
  return described;
}

/** The identifier that a name stands for. @throws OauthError `invalid_request` */
export function requireIdentifier(identifier: string): string {
  refuseIf(
    !isResourceIdentifier(identifier),
    'identifier must be an absolute URI of at most 1024 characters without a fragment, or a path below the issuer',
  );
  return identifier;
}

function toDescription(document: ResourceServerDocument): ResourceServerDescription {
  const { accessTokenFormat, accessTokenLifetime, documentation } = document;
  return {
    scopes: [...document.scopes],
    defaultScopes: [...(document.defaultScopes ?? [])],
    ...(accessTokenFormat !== undefined && { accessTokenFormat }),
    ...(accessTokenLifetime !== undefined && { accessTokenLifetime }),
    ...(document.name !== undefined && { name: document.name }),
    ...(documentation !== undefined && { documentation }),
    publishesMetadata: document.metadata ?? false,
  };
}

function refuseIf(wrong: boolean, description: string): void {
  if (wrong) throw OauthError.invalidRequest(description);
}
