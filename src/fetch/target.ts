import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isLoopback } from '../oauth/option-checks.js';
import type { AddressPolicy } from './address-policy.js';
import { Refusal } from './refusal.js';

/** All addresses of a host. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

/** Asks the machine's resolver. */
export const systemResolve: Resolve = (host) => lookup(host, { all: true });

/** What is to be connected to, its addresses still to be found. */
export interface Target {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
}

/** Reads the URL: https, or http to loopback. */
export function targetOf(uri: URL): Target {
  const secure = uri.protocol === 'https:';
  if (!secure && !(uri.protocol === 'http:' && isLoopback(uri))) throw new Refusal('its URL is not https');
  if (uri.username !== '' || uri.password !== '') throw new Refusal('its URL holds credentials');
  if (uri.hash !== '') throw new Refusal('its URL has a fragment');
  const host = uri.hostname.replace(/^\[|\]$/g, '');
  return { host, secure, port: uri.port === '' ? defaultPort(secure) : Number(uri.port) };
}

/** The addresses of the target, unless one of them is not allowed: then all are refused. */
export async function checkedAddresses(
  { host, secure }: Target,
  policy: AddressPolicy,
  resolve: Resolve,
): Promise<readonly LookupAddress[]> {
  const family = isIP(host);
  const addresses = family === 0 ? await resolve(host) : [{ address: host, family }];
  if (addresses.length === 0) throw new Refusal('its host has no address');
  for (const { address } of addresses) {
    if (!policy.allows(address, secure)) throw new Refusal(`its host is at ${address}, which is not allowed`);
  }
  return addresses;
}

function defaultPort(secure: boolean): number {
  return secure ? 443 : 80;
}
