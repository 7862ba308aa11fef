/** Below what every database takes in one statement, SQLite's 32766 being the least. */
const MOST_PARAMETERS = 10_000;
/** Well below the 4 MB that an old MySQL takes in one packet, at up to four bytes for a character. */
const MOST_CHARACTERS = 500_000;

/** Rows of values, in their order, in groups that fit one statement each. */
export function batches(rows: readonly (readonly unknown[])[]): (readonly unknown[])[][] {
  const made: (readonly unknown[])[][] = [];
  let [parameters, characters] = [Infinity, Infinity];
  for (const row of rows) {
    const length = row.reduce(
      (sum: number, value) => sum + (typeof value === 'string' ? value.length : 0),
      0,
    );
    parameters += row.length;
    characters += length;
    if (parameters > MOST_PARAMETERS || characters > MOST_CHARACTERS) {
      made.push([]);
      [parameters, characters] = [row.length, length];
    }
    made.at(-1)?.push(row);
  }
  return made;
}
