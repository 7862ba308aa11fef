import type { ResourceServerOptions } from '../oauth.options.js';
import { check, wholeNumber } from '../option-checks.js';
import { SCOPE_TOKEN } from '../scope.js';
import { ACCESS_TOKEN_FORMATS } from '../token/access-token.js';
import { isResourceIdentifier } from './resource-identifier.js';
import { absoluteIdentifier, type GuardedResource } from './guarded-resource.js';
import { ResourceServers, type ResourceServer, type ResourceServerRules } from './resource-server.js';

/** Checks the option `resources` and fills in its defaults. */
export function resolveResources(
  options: readonly ResourceServerOptions[] | undefined,
  rules: ResourceServerRules,
): ResourceServers {
  const given: readonly ResourceServerOptions[] = Array.isArray(options) ? options : [];
  check(given.length > 0, 'resources', options, 'a list of at least one resource server');
  const resources = given.map((each, index) => {
    check(typeof each === 'object' && each !== null, `resources[${index}]`, each, 'a resource server');
    return resolveResource(each, `resources[${index}]`, rules, given.length === 1);
  });
  resources.forEach(({ identifier }, index) => {
    const first = resources.findIndex((other) => other.identifier === identifier);
    check(
      first === index,
      `resources[${index}].identifier`,
      identifier,
      'an identifier that no other resource has',
    );
  });
  const isDefault = resources.filter((resource) => resource.isDefault).map(({ identifier }) => identifier);
  check(isDefault.length <= 1, 'resources', isDefault, 'a list in which one resource at most is the default');
  return new ResourceServers(resources, rules);
}

function resolveResource(
  options: ResourceServerOptions,
  at: string,
  { issuer, lifetime, ceiling }: ResourceServerRules,
  alone: boolean,
): ResourceServer {
  const identifier = absoluteIdentifier(String(options.identifier), issuer);
  check(
    isResourceIdentifier(identifier),
    `${at}.identifier`,
    options.identifier,
    'an absolute URI without a fragment, or a path that is appended to the issuer',
  );
  checkScopes(`${at}.scopes`, options.scopes);
  check(options.scopes.length > 0, `${at}.scopes`, options.scopes, 'a list of at least one scope');
  const defaultScopes = options.defaultScopes ?? [];
  checkScopes(`${at}.defaultScopes`, defaultScopes);
  const unknown = defaultScopes.filter((scope) => !options.scopes.includes(scope));
  check(unknown.length === 0, `${at}.defaultScopes`, defaultScopes, `scopes out of ${at}.scopes`);
  const isDefault: unknown = options.default ?? alone;
  check(typeof isDefault === 'boolean', `${at}.default`, isDefault, 'true or false');
  const format = options.accessTokenFormat ?? 'jwt';
  check(ACCESS_TOKEN_FORMATS.includes(format), `${at}.accessTokenFormat`, format, '"jwt" or "opaque"');
  return {
    identifier,
    ...describeForPeople(`${at}.`, options),
    scopes: [...options.scopes],
    defaultScopes: [...defaultScopes],
    isDefault,
    accessTokenFormat: format,
    accessTokenLifetime: wholeNumber(
      `${at}.accessTokenLifetime`,
      options.accessTokenLifetime,
      { least: 1, most: ceiling, default: lifetime },
      'seconds',
    ),
  };
}

/** What its metadata says besides, RFC 9728 §2. */
export function describeForPeople(
  at: string,
  {
    name,
    documentation,
    metadata = true,
  }: Pick<ResourceServerOptions, 'name' | 'documentation' | 'metadata'>,
): Pick<GuardedResource, 'name' | 'documentation' | 'publishesMetadata'> {
  const named: unknown = name === undefined ? 'a name' : name;
  check(typeof named === 'string' && named.trim() !== '', `${at}name`, name, 'a text');
  const page = documentation === undefined || isWebPage(documentation);
  check(page, `${at}documentation`, documentation, 'an absolute http or https URL');
  check(typeof metadata === 'boolean', `${at}metadata`, metadata, 'true or false');
  return { name, documentation, publishesMetadata: metadata };
}

export function isWebPage(text: unknown): boolean {
  return typeof text === 'string' && /^https?:/i.test(text) && URL.canParse(text);
}

export function checkScopes(option: string, scopes: unknown): void {
  const wants = 'a list of scopes, each of printable ASCII without space, " and \\, and each once';
  check(Array.isArray(scopes), option, scopes, wants);
  const ok = scopes.every((scope) => typeof scope === 'string' && SCOPE_TOKEN.test(scope));
  check(ok && new Set(scopes).size === scopes.length, option, scopes, wants);
}
