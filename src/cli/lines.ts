/** A longer line is refused, and no more of it is kept than shows that. */
const MOST_BYTES = 256 * 1024;
const LINE_FEED = 0x0a;

/** The lines of a stream as their bytes, which may not be text. `onRead` hears how many bytes were read. */
export async function* splitLines(
  stream: AsyncIterable<Buffer | string>,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let size = 0;
  const keep = (bytes: Uint8Array): void => {
    const kept = bytes.subarray(0, Math.max(0, MOST_BYTES + 1 - size));
    if (kept.length > 0) parts.push(kept);
    size += kept.length;
  };
  const take = (): Uint8Array => {
    const line = Buffer.concat(parts);
    [parts, size] = [[], 0];
    return line;
  };
  for await (const piece of stream) {
    const chunk = Buffer.from(piece);
    onRead(chunk.length);
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      keep(chunk.subarray(from, end));
      yield take();
      from = end + 1;
    }
    keep(chunk.subarray(from));
  }
  if (size > 0) yield take();
}
