import type { Encryption } from '../../encryption.js';
import type { OauthOptions } from '../../oauth.options.js';
import { check, items } from '../../option-checks.js';
import { ImportedHashes } from '../imported-hashes.js';
import { isSymmetric, type AssertionAlgorithm } from '../keys/verification-key.js';
import { ClientAuthenticationMethod } from './authentication-method.js';
import { resolveAssertions, type AssertionConfiguration } from './client-assertions.options.js';

/** The methods that come with the kit, under their names of RFC 7591 §2 and OpenID Connect Core §9. */
export const BUILT_IN_METHODS = [
  'private_key_jwt',
  'client_secret_jwt',
  'client_secret_basic',
  'client_secret_post',
] as const;
export type BuiltInAuthenticationMethod = (typeof BUILT_IN_METHODS)[number];

/** A token of RFC 9110 §5.6.2. */
const SCHEME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const NAME = /^[\x21-\x7e]{1,64}$/;

type Methods = readonly (BuiltInAuthenticationMethod | ClientAuthenticationMethod)[];

export interface AuthenticationConfiguration extends AssertionConfiguration {
  readonly authenticationMethods: Methods;
  readonly importedHashes: ImportedHashes | undefined;
}

/** @throws ConfigurationError */
export function resolveAuthentication(
  { clientAssertions, clientAuthenticationMethods, importedHashes }: OauthOptions,
  { issuer, encryption }: { readonly issuer: string; readonly encryption: Encryption },
): AuthenticationConfiguration {
  const hashes = importedHashes === undefined || importedHashes instanceof ImportedHashes;
  const wants = 'an instance of a class that extends ImportedHashes';
  check(hashes, 'importedHashes', typeof importedHashes, wants);
  const assertions = resolveAssertions(clientAssertions, issuer);
  const { assertionAlgorithms: algorithms } = assertions;
  const offered = BUILT_IN_METHODS.filter(
    (method) => isSigned(method, algorithms) && (method !== 'client_secret_jwt' || encryption.available),
  );
  const authenticationMethods = clientAuthenticationMethods ?? offered;
  requireMethods(authenticationMethods, encryption);
  const unsigned = BUILT_IN_METHODS.find(
    (each) => authenticationMethods.includes(each) && !isSigned(each, algorithms),
  );
  check(unsigned === undefined, 'clientAssertions.algorithms', algorithms, `one or more for ${unsigned}`);
  return { ...assertions, authenticationMethods, importedHashes };
}

/** Whether there is an algorithm for this method, if it needs one. */
function isSigned(method: BuiltInAuthenticationMethod, algorithms: readonly AssertionAlgorithm[]): boolean {
  if (method !== 'private_key_jwt' && method !== 'client_secret_jwt') return true;
  return algorithms.some((each) => isSymmetric(each) === (method === 'client_secret_jwt'));
}

function requireMethods(given: Methods, encryption: Encryption): void {
  const option = 'clientAuthenticationMethods';
  const all = items(given);
  const wants = `a list of ${BUILT_IN_METHODS.join(', ')}, and instances of ClientAuthenticationMethod`;
  const got = Array.isArray(given) ? all.map(inWords) : inWords(given);
  check(all.length > 0 && all.every(isMethod), option, got, wants);
  check(
    !given.includes('client_secret_jwt') || encryption.available,
    option,
    'client_secret_jwt',
    'keyEncryptionSecret to be set: the secrets of these clients must be kept, encrypted',
  );
  const names = given.flatMap((each) => (typeof each === 'string' ? [each] : each.names));
  const good = names.every((name) => NAME.test(name) && name !== 'none');
  const once = new Set(names).size === names.length;
  check(good && once, option, names, 'names of 1 to 64 printable characters, each once');
  const schemes = given.flatMap((each) => (typeof each === 'string' ? [] : (each.scheme ?? [])));
  const lower = schemes.every((scheme) => SCHEME.test(scheme));
  check(lower, option, schemes, 'schemes in lower case, without spaces');
}

function isMethod(each: unknown): boolean {
  if (each instanceof ClientAuthenticationMethod) return items(each.names).length > 0;
  return BUILT_IN_METHODS.some((name) => name === each);
}

function inWords(each: unknown): unknown {
  return typeof each === 'object' && each !== null ? each.constructor.name : each;
}
