import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

const NETWORK_PARTS = 4;
const LONGEST_TEXT = 64;

/**
 * The one name of everybody who can easily send from this address: an IPv4 address itself, however it is written, and
 * the /64 of an IPv6 address, since a single host has all of it. What is no address stands for itself, cut short.
 */
export function addressGroup(ip: string): string {
  const text = ip.trim();
  if (isIPv4(text)) return text;
  return isIPv6(text) ? networkOf(ipaddr.IPv6.parse(withoutZone(text))) : text.slice(0, LONGEST_TEXT);
}

function networkOf(address: ipaddr.IPv6): string {
  if (address.isIPv4MappedAddress()) return address.toIPv4Address().toString();
  const parts = address.parts.map((part, index) => (index < NETWORK_PARTS ? part : 0));
  return `${new ipaddr.IPv6(parts).toRFC5952String()}/64`;
}

/** RFC 4007 §11. */
function withoutZone(text: string): string {
  return text.replace(/%.*$/s, '');
}
