import { randomText, sha256 } from '../digest.js';

const BYTES = 32;

/** A new initial access token, RFC 7591 §3: 256 bits behind what leak scanners know it by. */
export function newRegistrationToken(): string {
  return `nokr_${randomText(BYTES)}`;
}

/** What is kept of it. Two issuers on one database have no token in common. */
export function registrationTokenDigest(issuer: string, value: string): string {
  return sha256(JSON.stringify([issuer, value]));
}

/** A new registration access token, RFC 7592 §3: what a client manages itself with. Its SHA-256 is kept. */
export function newManagementToken(): string {
  return `nokm_${randomText(BYTES)}`;
}
