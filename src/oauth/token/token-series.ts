import { randomId, randomText } from '../digest.js';

/** What the kit makes. */
const TOKEN_ID = /^([0-9a-f]{16})\.[\w-]{22}$/;

/** See `Client.tokenSeries`. */
export function newTokenSeries(): string {
  return randomId(8);
}

/** A `jti` that is used once, and tells the series of the token. */
export function newTokenId(series: string): string {
  return `${series}.${randomText(16)}`;
}

/**
 * Whether a token is of the client's current series. One that another server wrote with the same keys, before a host
 * moved to the kit, tells no series; then this does not speak against it.
 */
export function isOfSeries(tokenId: string, series: string): boolean {
  const told = TOKEN_ID.exec(tokenId)?.[1];
  return told === undefined || told === series;
}

/** Whether it is a `jti` of the kit's own form, and of this series. */
export function carriesSeries(tokenId: string, series: string): boolean {
  return TOKEN_ID.exec(tokenId)?.[1] === series;
}
