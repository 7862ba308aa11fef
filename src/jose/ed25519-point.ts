const PRIME = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const SIGN_BIT = 2n ** 255n;

/**
 * Whether 32 octets are a point of edwards25519 (RFC 8032 §5.1.3) that is safe as a public key. OpenSSL takes any
 * octets; and under a key of an order of 8 or less, anyone can sign.
 */
export function isSafeEd25519Point(octets: Buffer): boolean {
  const y = BigInt(`0x${Buffer.from(octets).reverse().toString('hex')}`) % SIGN_BIT;
  return y < PRIME && !isOfSmallOrder(y) && isOnCurve(y);
}

/** Orders 4, 1 and 2, and 8: twice a point of order 8 has y = 0, so x² = -y², which in the curve's equation is this. */
function isOfSmallOrder(y: bigint): boolean {
  const square = y * y;
  return [y, square - 1n, D * square * square + 2n * square - 1n].some((zero) => zero % PRIME === 0n);
}

/** Whether x² = (y² - 1) / (dy² + 1) has a root, by Euler's criterion. */
function isOnCurve(y: bigint): boolean {
  const square = y * y;
  return power((square - 1n) * (D * square + 1n), (PRIME - 1n) / 2n) === 1n;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let [factor, rest] = [base % PRIME, exponent]; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * factor) % PRIME;
    factor = (factor * factor) % PRIME;
  }
  return result;
}
