import type { StoredSigningKey } from './signing-key.store.js';

export type SigningKeyState = 'next' | 'current' | 'retired' | 'expired';

/** What a key is for. Keys of the same kind replace each other. */
export type SigningKeyKind = Pick<StoredSigningKey, 'purpose' | 'algorithm'>;

export function signsAccessTokens({ purpose }: SigningKeyKind): boolean {
  return purpose === undefined;
}

/** Access tokens are signed with one algorithm at a time, introspection responses with one for each client. */
export function areOfOneKind(one: SigningKeyKind, other: SigningKeyKind): boolean {
  return one.purpose === other.purpose && (signsAccessTokens(one) || one.algorithm === other.algorithm);
}

/** The state of every key now. It follows from the times alone, so all instances agree without talking.
 *  A retired key expires `retention` seconds after another one of the same kind took over. */
export function keyStates(
  keys: readonly StoredSigningKey[],
  now: number,
  retention: number,
): Map<string, SigningKeyState> {
  const ordered = [...keys].sort((a, b) => a.generation - b.generation);
  return new Map(
    ordered.map((key) => {
      const alike = ordered.filter((each) => areOfOneKind(each, key));
      return [key.kid, stateOf(key, alike, now, retention)];
    }),
  );
}

/** `alike`: the keys of the same kind with this one among them, the oldest generation first. */
function stateOf(
  key: StoredSigningKey,
  alike: readonly StoredSigningKey[],
  now: number,
  retention: number,
): SigningKeyState {
  const current = alike.findLast((each) => each.activatesAt <= now) ?? alike[0];
  if (key === current) return 'current';
  if (current && key.generation > current.generation) return 'next';
  const later = alike.slice(alike.indexOf(key) + 1);
  const replacedAt = later.find((each) => each.activatesAt <= now)?.activatesAt ?? now;
  return now < replacedAt + retention ? 'retired' : 'expired';
}
