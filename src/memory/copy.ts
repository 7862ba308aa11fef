/** What a database would give back: nothing shared with the caller, and no member that is `undefined`. */
export function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
