const SHORTEST = 60;
const LONGEST = 3_600;
const DEFAULT = 600;
/** RFC 9111 §5.2: a name, and maybe a token or a quoted string. */
const DIRECTIVE = /([^\s,;="]+)(?:=(?:"([^"]*)"|([^\s,;"]*)))?/g;

/**
 * Seconds for which a remote document may be used before it is read anew: `max-age` within 60 and 3600, and 600 without
 * it. What must not be stored, and what makes no sense, is kept for the least time (RFC 9111 §4.2.1).
 */
export function freshnessLifetime(cacheControl: string | undefined): number {
  const lifetimes = [...(cacheControl ?? '').matchAll(DIRECTIVE)].flatMap(([, name = '', quoted, token]) => {
    if (/^no-(?:store|cache)$/i.test(name)) return [0];
    return /^max-age$/i.test(name) ? [seconds(quoted ?? token ?? '')] : [];
  });
  return lifetimes.length === 0 ? DEFAULT : Math.min(Math.max(Math.min(...lifetimes), SHORTEST), LONGEST);
}

function seconds(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : 0;
}
