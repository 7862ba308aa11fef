import ipaddr from 'ipaddr.js';

/** An IP address as ipaddr.js has it. */
export type Address = ipaddr.IPv4 | ipaddr.IPv6;
/** A network address, and how many of its bits count. */
export type Network = readonly [Address, number];

const CIDR = /^[\da-f.:]+\/(?:0|[1-9]\d{0,2})$/i;

/**
 * Reads networks in CIDR notation, such as `10.20.0.0/16` and `fd00:1234::/48`: addresses written out, with no bit set
 * behind the prefix, and IPv4 networks as such.
 *
 * @throws Error that names the first that is none
 */
export function parseNetworks(networks: readonly string[]): Network[] {
  return networks.map((network) => {
    const parsed = parse(network);
    if (!parsed) throw new Error(`${JSON.stringify(network)} is not a network such as "10.20.0.0/16".`);
    return parsed;
  });
}

/** Whether an address lies in the network. One of the other family never does. */
export function contains([start, bits]: Network, address: Address): boolean {
  return address.kind() === start.kind() && address.match(start, bits);
}

function parse(network: unknown): Network | undefined {
  if (typeof network !== 'string' || !CIDR.test(network)) return undefined;
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(network)) {
    return exact(ipaddr.IPv4.parseCIDR(network), ipaddr.IPv4.networkAddressFromCIDR(network));
  }
  if (!ipaddr.IPv6.isValidCIDR(network)) return undefined;
  const parsed = ipaddr.IPv6.parseCIDR(network);
  if (parsed[0].isIPv4MappedAddress()) return undefined;
  return exact(parsed, ipaddr.IPv6.networkAddressFromCIDR(network));
}

function exact(network: Network, start: Address): Network | undefined {
  return network[0].toString() === start.toString() ? network : undefined;
}
