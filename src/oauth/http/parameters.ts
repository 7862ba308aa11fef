import { OauthError } from '../oauth.error.js';

/** The parameters of a form. Names that nobody asks for are ignored (RFC 6749 §3.2). */
export class Parameters {
  private constructor(private readonly values: ReadonlyMap<string, readonly unknown[]>) {}

  static fromPairs(pairs: Iterable<readonly [string, unknown]>): Parameters {
    const values = new Map<string, unknown[]>();
    for (const [name, value] of pairs) {
      const earlier = values.get(name);
      if (earlier) earlier.push(value);
      else values.set(name, [value]);
    }
    return new Parameters(values);
  }

  /** A body that a parser has made: only own members count, and an array of several is a repeat. */
  static fromParsedBody(body: unknown): Parameters {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return Parameters.fromPairs([]);
    const pairs: [string, unknown][] = [];
    for (const [name, value] of Object.entries(body) as [string, unknown][]) {
      if (Array.isArray(value) && value.length > 1) value.forEach((item) => pairs.push([name, item]));
      else if (value !== undefined) pairs.push([name, value]);
    }
    return Parameters.fromPairs(pairs);
  }

  /** Refuses a repeat of any of these, empty or not, even with the same value (RFC 6749 §3.2). */
  refuseRepeats(names: readonly string[]): void {
    for (const name of names) {
      if ((this.values.get(name)?.length ?? 0) > 1) {
        throw OauthError.invalidRequest(`The parameter ${name} is repeated.`);
      }
    }
  }

  /** The value of a parameter; without a value it counts as omitted (RFC 6749 §3.2). */
  get(name: string): string | undefined {
    return this.all(name)[0];
  }

  /** The values of a parameter that may repeat, without the empty ones. */
  all(name: string): string[] {
    const values = this.values.get(name) ?? [];
    return values
      .map((value) => {
        if (typeof value === 'string') return value;
        throw OauthError.invalidRequest(`The parameter ${name} must be a single string.`);
      })
      .filter((value) => value !== '');
  }
}
