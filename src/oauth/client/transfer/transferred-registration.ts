import type { RegistrationPolicy } from '../../registration/registration.policy.js';
import type { SelfRegistration } from '../client.js';
import { refuseIf } from '../metadata-refusal.js';
import { given, readMembers, readText, type Members } from './member-readers.js';

const DIGEST = /^[0-9a-f]{64}$/;
const WORD = /^[\x21-\x7e]{1,64}$/;
const VALUE = /^[\x21-\x7e]{1,2000}$/;
const MOST_VALUES = 1000;

/** The members of a policy, and what they are called in a line. */
const POLICY = [
  ['scopes', 'scopes'],
  ['resources', 'resources'],
  ['authenticationMethods', 'authentication_methods'],
  ['grantTypes', 'grant_types'],
] as const satisfies readonly (readonly [keyof RegistrationPolicy, string])[];

/** How a client manages itself: the digest of its registration access token, never the token. */
export function exportRegistration({ tokenDigest, openedBy, policy }: SelfRegistration): Members {
  const members = POLICY.flatMap(([member, name]) => (policy[member] ? [[name, policy[member]]] : []));
  return { token_digest: tokenDigest, opened_by: openedBy, policy: Object.fromEntries(members) as Members };
}

/** Reads the member `registration` of a line of an import. @throws OauthError `invalid_client_metadata` */
export function readRegistration(value: unknown): SelfRegistration | undefined {
  if (!given(value)) return undefined;
  const members = readMembers(value, 'registration', ['token_digest', 'opened_by', 'policy']);
  return {
    tokenDigest: readText(
      members['token_digest'],
      'registration.token_digest',
      DIGEST,
      'a SHA-256 in 64 lower-case hexadecimal characters',
    ),
    openedBy: readText(
      members['opened_by'],
      'registration.opened_by',
      WORD,
      '1 to 64 characters of printable ASCII without spaces',
    ),
    policy: readPolicy(members['policy']),
  };
}

function readPolicy(value: unknown): RegistrationPolicy {
  const names = POLICY.map(([, name]) => name);
  const members = readMembers(value, 'registration.policy', names);
  return Object.fromEntries(
    POLICY.flatMap(([member, name]) =>
      given(members[name]) ? [[member, readValues(members[name], `registration.policy.${name}`)]] : [],
    ),
  );
}

function readValues(value: unknown, name: string): string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [];
  const fits = Array.isArray(value) && values.length <= MOST_VALUES;
  refuseIf(!fits, `${name} must be an array of at most ${MOST_VALUES}`);
  return values.map((each, index) =>
    readText(each, `${name}[${index}]`, VALUE, '1 to 2000 characters of printable ASCII without spaces'),
  );
}
