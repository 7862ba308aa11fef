const PRIME = 2n ** 255n - 19n;
const A = 486662n;
const UNUSED_BIT = 2n ** 255n;

/**
 * Whether 32 octets are a public key of X25519 (RFC 7748 §5) that gives a secret: what is agreed with a point of small
 * order is zero, and known to everybody.
 */
export function isSafeX25519Point(octets: Buffer): boolean {
  const u = BigInt(`0x${Buffer.from(octets).reverse().toString('hex')}`) % UNUSED_BIT;
  return !isOfSmallOrder(u);
}

/** Orders 2 and 4; and 8: twice a point of order 8 has u = 1, which in the formula for doubling is this. */
function isOfSmallOrder(u: bigint): boolean {
  const square = u * u;
  const doubled = square * square - 4n * u * square - (4n * A + 2n) * square - 4n * u + 1n;
  return [u, square - 1n, doubled].some((zero) => zero % PRIME === 0n);
}
