import { constants, createHmac, generateKeyPair, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, exportJWK } from 'jose';

const generate = promisify(generateKeyPair);

export interface Forger {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly kid: string;
  /** The key as the option `signingKeys` wants it. */
  readonly pem: string;
  /** A token of these two JSON texts, or of what JSON.stringify makes of them, under the real key. */
  make(header: unknown, payload: unknown): string;
}

/** A key pair whose private part a test has, so that it can sign what a server never would. */
export async function newForger(type: 'ES256' | 'RS256' = 'ES256'): Promise<Forger> {
  const { privateKey, publicKey } =
    type === 'ES256'
      ? await generate('ec', { namedCurve: 'P-256' })
      : await generate('rsa', { modulusLength: 2048 });
  const options =
    type === 'ES256'
      ? { key: privateKey, dsaEncoding: 'ieee-p1363' as const }
      : { key: privateKey, padding: constants.RSA_PKCS1_PADDING };
  return {
    privateKey,
    publicKey,
    kid: await calculateJwkThumbprint(await exportJWK(publicKey)),
    pem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    make: (header, payload) => {
      const input = `${segment(header)}.${segment(payload)}`;
      return `${input}.${sign('sha256', Buffer.from(input), options).toString('base64url')}`;
    },
  };
}

export function segment(value: unknown): string {
  const bytes =
    value instanceof Uint8Array
      ? value
      : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  return Buffer.from(bytes).toString('base64url');
}

export function hmac(header: unknown, payload: unknown, key: string | Buffer): string {
  const input = `${segment(header)}.${segment(payload)}`;
  return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
}

/** The same token with some bits of the last character of a segment set that stand for nothing. */
export function trailingBits(token: string, index: number): string[] {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const segments = token.split('.');
  const text = segments[index] ?? '';
  const bytes = Buffer.from(text, 'base64url');
  return [...alphabet]
    .map((character) => text.slice(0, -1) + character)
    .filter((other) => other !== text && Buffer.from(other, 'base64url').equals(bytes))
    .map((other) => segments.map((each, at) => (at === index ? other : each)).join('.'));
}
