/** Longest `jti` that is looked at. */
const LONGEST_ID = 256;

export interface AssertionRules {
  /** The only values of `aud`: the issuer; for a legacy client the endpoints too. */
  readonly audiences: readonly string[];
  /** Seconds that an assertion may live, counted from now, and that may have passed since it was made. */
  readonly lifetime: number;
  /** Seconds that the client's clock may differ. */
  readonly tolerance: number;
  readonly now: number;
}

export type AssertionVerdict =
  { readonly jti: string; readonly expiresAt: number } | { readonly refused: string };

type Payload = Readonly<Record<string, unknown>>;

/** RFC 7523 §3, with the audience rule of its revision: the issuer, and nothing beside it. */
export function checkClaims(payload: Payload, rules: AssertionRules): AssertionVerdict {
  const { iss, sub, exp, jti } = payload;
  if (typeof sub !== 'string' || iss !== sub) return { refused: 'assertion_issuer' };
  if (!isForUs(payload['aud'], rules.audiences)) return { refused: 'assertion_audience' };
  if (!isDate(exp)) return { refused: 'assertion_expiry' };
  const untimely = timeFault(exp, payload, rules);
  if (untimely !== undefined) return { refused: untimely };
  if (typeof jti !== 'string' || jti === '' || jti.length > LONGEST_ID) return { refused: 'assertion_id' };
  return { jti, expiresAt: exp };
}

/** One value, alone or in an array: what is meant for others too may have been taken from them. */
function isForUs(aud: unknown, accepted: readonly string[]): boolean {
  const [value, ...others]: unknown[] = [aud].flat();
  return others.length === 0 && typeof value === 'string' && accepted.includes(value);
}

function timeFault(
  exp: number,
  { iat, nbf }: Payload,
  { now, lifetime, tolerance }: AssertionRules,
): string | undefined {
  if (now >= exp + tolerance) return 'assertion_expired';
  if (exp > now + lifetime + tolerance) return 'assertion_lifetime';
  for (const time of [iat, nbf]) {
    if (time !== undefined && !isDate(time)) return 'assertion_time';
    if (time !== undefined && time > now + tolerance) return 'assertion_not_yet_valid';
  }
  return typeof iat === 'number' && iat < now - lifetime - tolerance ? 'assertion_too_old' : undefined;
}

/** RFC 7519 §2: a NumericDate, which may have a fraction. */
function isDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
