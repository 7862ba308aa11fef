import { OauthError } from '../oauth/oauth.error.js';

const NUMBER = /^\d{1,15}$/;

/** The query of a request: every parameter once, the repeatable ones apart, and no unknown one. */
export class AdminQuery {
  private constructor(private readonly values: URLSearchParams) {}

  /** @throws OauthError `invalid_request` */
  static from(url: string, names: readonly string[]): AdminQuery {
    const [, query = ''] = /^[^?#]*\?([^#]*)/.exec(url) ?? [];
    const values = new URLSearchParams(query);
    const unknown = [...values.keys()].find((name) => !names.includes(name));
    if (unknown === undefined) return new AdminQuery(values);
    const known = names.length === 0 ? 'none' : names.join(', ');
    throw OauthError.invalidRequest(`The query has an unknown parameter. Known here: ${known}.`);
  }

  text(name: string): string | undefined {
    const [value, ...more] = this.values.getAll(name);
    if (more.length > 0) throw OauthError.invalidRequest(`${name} must not be repeated`);
    return value;
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (!NUMBER.test(text)) throw OauthError.invalidRequest(`${name} must be a whole number`);
    return Number(text);
  }

  flag(name: string): boolean | undefined {
    return this.oneOf(name, { true: true, false: false });
  }

  /** What a value stands for. */
  oneOf<T>(name: string, meanings: Readonly<Record<string, T>>): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (Object.hasOwn(meanings, text)) return meanings[text];
    throw OauthError.invalidRequest(`${name} must be one of ${Object.keys(meanings).join(', ')}`);
  }

  /** Repeatable, each a name and a value: `label=team=payments`. */
  pairs(name: string): Readonly<Record<string, string>> | undefined {
    const pairs = this.values.getAll(name).map((text): [string, string] => {
      const end = text.indexOf('=');
      if (end < 1)
        throw OauthError.invalidRequest(`${name} must be a name and a value, such as team=payments`);
      return [text.slice(0, end), text.slice(end + 1)];
    });
    const names = new Set(pairs.map(([each]) => each));
    if (names.size < pairs.length)
      throw OauthError.invalidRequest(`${name} must not name the same one twice`);
    return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
  }
}
