import { InvalidArgumentError } from 'commander';

/** Parses an option whose value is a whole number. */
export function wholeNumber(least: number, most: number): (word: string) => number {
  return (word) => {
    const value = /^\d{1,15}$/.test(word) ? Number(word) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** Parses a moment: ISO 8601 with a time zone, a date (in UTC), or seconds since 1970, which it becomes. */
export function moment(word: string): number {
  const iso = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;
  const seconds = /^\d{1,12}$/.test(word)
    ? Number(word)
    : iso.test(word)
      ? Date.parse(word) / 1000
      : Number.NaN;
  if (Number.isFinite(seconds)) return Math.floor(seconds);
  throw new InvalidArgumentError(
    'It must be a date, a time such as 2030-01-31T08:00:00Z, or seconds since 1970.',
  );
}

/** Parses a list whose parts are separated by spaces. An empty text is an empty list. */
export function words(text: string): readonly string[] {
  return text.split(' ').filter(Boolean);
}
