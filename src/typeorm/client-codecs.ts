import type { Labels } from '../oauth/client/client.js';
import type { RegistrationPolicy } from '../oauth/registration/registration.policy.js';
import { asciiJson, damaged, isStrings, object, text, type Codec } from './codecs.js';

/**
 * A JSON object of strings, in the order of their names, in which `"`, `:` and `,` are escaped wherever they are not
 * JSON's own.
 */
export const labels: Codec<Labels> = {
  to: (value) => `{${pairs(value).join(',')}}`,
  from: (stored) => {
    const value = object.from(stored);
    return isLabels(value) ? value : damaged('a JSON object of strings', stored);
  },
};

/**
 * What stands in {@link labels} for each of these, and nowhere else: its quotes can only be JSON's own, the one after the
 * name is a closing one since a colon follows it, so that the first one opens a whole name, and the last one closes a value.
 */
export function pairs(value: Labels): string[] {
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, of]) => `${quoted(name)}:${quoted(of)}`);
}

function quoted(value: string): string {
  const escaped = asciiJson(value).slice(1, -1).replaceAll('\\"', '"');
  return `"${escaped.replace(/[":,]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)}"`;
}

const MEMBERS: Readonly<Record<keyof RegistrationPolicy, true>> = {
  scopes: true,
  resources: true,
  authenticationMethods: true,
  grantTypes: true,
};

/** A member that this version does not know may be a restriction, so it is not passed over. */
export const registrationPolicy: Codec<RegistrationPolicy> = {
  to: asciiJson,
  from(stored) {
    const value = object.from(stored);
    const known = Object.entries(value).every(
      ([name, list]) => Object.hasOwn(MEMBERS, name) && isStrings(list),
    );
    return known ? value : damaged('a registration policy', stored);
  },
};

/**
 * Text in lower case, to be searched: each character that is not printable ASCII as `Z` and four of the letters A to P.
 * No capital letter stands for itself, so that a part of the text is found where it stands and nowhere else.
 */
export const searchable: Codec<string> = {
  to: (value) =>
    value.toLowerCase().replace(/[^ -~]/g, (character) => {
      const digits = character.charCodeAt(0).toString(16).padStart(4, '0');
      return `Z${digits.replace(/./g, (digit) => LETTERS.charAt(Number.parseInt(digit, 16)))}`;
    }),
  from: (stored) =>
    text.from(stored).replace(/Z([A-P]{4})/g, (_, letters: string) => {
      const digits = letters.replace(/./g, (letter) => LETTERS.indexOf(letter).toString(16));
      return String.fromCharCode(Number.parseInt(digits, 16));
    }),
};

const LETTERS = 'ABCDEFGHIJKLMNOP';

function isLabels(value: Readonly<Record<string, unknown>>): value is Labels {
  return Object.values(value).every((each) => typeof each === 'string');
}
