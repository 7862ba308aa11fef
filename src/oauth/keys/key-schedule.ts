import type { StoredSigningKey } from './signing-key.store.js';

export type SigningKeyState = 'next' | 'current' | 'retired' | 'expired';

/** The state of every key now. It follows from the times alone, so all instances agree without talking.
 *  A retired key expires `retention` seconds after another one took over. */
export function keyStates(
  keys: readonly StoredSigningKey[],
  now: number,
  retention: number,
): Map<string, SigningKeyState> {
  const ordered = [...keys].sort((a, b) => a.generation - b.generation);
  const current = ordered.findLast((key) => key.activatesAt <= now) ?? ordered[0];
  return new Map(
    ordered.map((key, index) => {
      if (key === current) return [key.kid, 'current'];
      if (current && key.generation > current.generation) return [key.kid, 'next'];
      const replacedAt =
        ordered.slice(index + 1).find((later) => later.activatesAt <= now)?.activatesAt ?? now;
      return [key.kid, now < replacedAt + retention ? 'retired' : 'expired'];
    }),
  );
}
