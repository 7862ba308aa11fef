const GAP = '  ';

/** Columns under their heads, each as wide as its longest cell. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) =>
    lines.reduce((most, line) => Math.max(most, lengthOf(line[column] ?? '')), 0),
  );
  return lines.map((line) => lineText(line, widths)).join('');
}

function lineText(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - lengthOf(cell)));
  return padded.join(GAP).trimEnd() + '\n';
}

/** In code points. */
function lengthOf(text: string): number {
  return [...text].length;
}
