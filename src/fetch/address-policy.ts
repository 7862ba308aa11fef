import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { contains, parseNetworks, type Address, type Network } from './networks.js';

/** Where requests may go besides public addresses. */
export interface GuardedFetchOptions {
  /** Whether to loopback addresses, by http too. For development. */
  readonly allowLoopback: boolean;
  /** Networks in CIDR notation. */
  readonly allowedNetworks: readonly string[];
}

/** All that is assigned to be routed globally (RFC 4291 §2.4); ipaddr.js takes the rest of IPv6 for unicast too. */
const GLOBAL_IPV6: Network = [ipaddr.IPv6.parse('2000::'), 3];
/** RFC 4291 §2.5.5.1, which ipaddr.js takes for IPv4-mapped. */
const IPV4_COMPATIBLE = /^::\d+\./;

/** Which addresses may be connected to. */
export class AddressPolicy {
  private readonly allowLoopback: boolean;
  private readonly networks: readonly Network[];

  constructor({ allowLoopback, allowedNetworks }: GuardedFetchOptions) {
    this.allowLoopback = allowLoopback;
    this.networks = parseNetworks(allowedNetworks);
  }

  /** Whether this address may be connected to; without TLS only loopback may. */
  allows(text: string, secure: boolean): boolean {
    const address = parse(text);
    if (!address) return false;
    if (this.allowLoopback && address.range() === 'loopback') return true;
    return secure && (isPublic(address) || this.networks.some((network) => contains(network, address)));
  }
}

function isPublic(address: Address): boolean {
  return address.range() === 'unicast' && (address.kind() === 'ipv4' || contains(GLOBAL_IPV6, address));
}

/** Only what Node itself takes for an address: ipaddr.js reads `0x7f.1` too. */
function parse(text: string): Address | undefined {
  return isIP(text) === 0 || IPV4_COMPATIBLE.test(text) ? undefined : ipaddr.process(text);
}
