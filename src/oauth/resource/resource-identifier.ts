/** RFC 3986 characters only: no space, no control, nothing outside ASCII. */
const URI = /^[a-z][a-z0-9+.-]*:[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+$/i;

const LONGEST = 1024;

/** RFC 8707 §2: an absolute URI without a fragment, not even an empty one. */
export function isResourceIdentifier(text: string): boolean {
  return text.length <= LONGEST && URI.test(text) && !text.includes('#') && URL.canParse(text);
}
