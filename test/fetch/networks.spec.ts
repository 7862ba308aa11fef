import { describe, expect, it } from 'vitest';
import { AddressPolicy } from '../../src/fetch/address-policy.js';
import { parseNetworks } from '../../src/fetch/networks.js';

const policy = (allowLoopback: boolean, ...allowedNetworks: string[]) =>
  new AddressPolicy({ allowLoopback, allowedNetworks });

const LOOPBACK = ['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1'];

describe('networks in CIDR notation', () => {
  it.each(['10.0.0.0/8', '192.168.7.9/32', '0.0.0.0/0', 'fd00:1234::/48', '::1/128', '::/0'])(
    '%s',
    (network) => {
      const [parsed] = parseNetworks([network]);
      expect(parsed?.join('/')).toBe(network);
    },
  );

  it.each([
    '10.0.0.0',
    '10/8',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/255.0.0.0',
    '10.0.0.1/8',
    '010.0.0.0/8',
    '0x0a.0.0.0/8',
    '167772160/8',
    'fd00::/129',
    'fd00::1/48',
    'fe80::%eth0/64',
    '::ffff:10.0.0.0/104',
    '::10.0.0.0/104',
    ' 10.0.0.0/8',
    '10.0.0.0/8\n',
    'keys.example',
    '',
  ])('%j is none', (network) => {
    const attempt = () => parseNetworks(['10.0.0.0/8', network]);
    expect(attempt).toThrow(`${JSON.stringify(network)} is not a network`);
  });

  it.each([undefined, null, 8, ['10.0.0.0/8']])('nor is %j', (network) => {
    expect(() => parseNetworks([network as unknown as string])).toThrow('is not a network');
  });
});

describe('threat 14 ROB-029 addresses', () => {
  it.each(['93.184.216.34', '1.1.1.1', '::ffff:1.1.1.1', '2606:4700:4700::1111', '2a00:1450::1'])(
    '%s is public',
    (address) => {
      expect(policy(false).allows(address, true)).toBe(true);
      expect(policy(true).allows(address, false)).toBe(false);
    },
  );

  it.each([
    ['this network', '0.0.0.0'],
    ['this network', '0.1.2.3'],
    ['private', '10.0.0.1'],
    ['private', '172.16.0.1'],
    ['private', '172.31.255.255'],
    ['private', '192.168.0.1'],
    ['carrier-grade NAT', '100.64.0.1'],
    ['link-local', '169.254.169.254'],
    ['protocol assignments', '192.0.0.192'],
    ['documentation', '192.0.2.1'],
    ['documentation', '203.0.113.1'],
    ['benchmarking', '198.18.0.1'],
    ['multicast', '224.0.0.1'],
    ['reserved', '240.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['unspecified', '::'],
    ['unique local', 'fc00::1'],
    ['unique local', 'fd00:ec2::254'],
    ['link-local', 'fe80::1'],
    ['site-local', 'fec0::1'],
    ['multicast', 'ff02::1'],
    ['documentation', '2001:db8::1'],
    ['IPv4-mapped', '::ffff:10.0.0.1'],
    ['IPv4-mapped', '::ffff:a00:1'],
    ['IPv4-compatible', '::10.0.0.1'],
    ['IPv4-compatible', '::a00:1'],
    ['IPv4-translated', '::ffff:0:a00:1'],
    ['NAT64', '64:ff9b::a00:1'],
    ['NAT64', '64:ff9b:1::1'],
    ['6to4', '2002:a00:1::1'],
    ['Teredo', '2001::1'],
    ['ORCHID', '2001:20::1'],
    ['discard', '100::1'],
    ['segment routing', '5f00::1'],
    ['not assigned', '4000::1'],
    ['not assigned', 'e000::1'],
  ])('%s: %s is not', (_, address) => {
    expect(policy(true).allows(address, true)).toBe(false);
  });

  it.each(LOOPBACK)('%s is loopback', (address) => {
    expect(policy(false).allows(address, true)).toBe(false);
    expect(policy(true).allows(address, true)).toBe(true);
    expect(policy(true).allows(address, false)).toBe(true);
  });

  it.each([
    '',
    '127.1',
    '0x7f000001',
    '2130706433',
    '0177.0.0.1',
    '[::1]',
    'localhost',
    '::127.0.0.1',
    '1.1.1.1 ',
  ])('%j is none', (address) => {
    expect(policy(true, '0.0.0.0/0', '::/0').allows(address, true)).toBe(false);
  });

  it('those of an allowed network, by https only', () => {
    const allowing = policy(false, '10.20.0.0/16', 'fd00:1234::/48');
    for (const address of ['10.20.0.0', '10.20.255.255', '::ffff:10.20.1.1', 'fd00:1234::1']) {
      expect(allowing.allows(address, true)).toBe(true);
      expect(allowing.allows(address, false)).toBe(false);
    }
    for (const address of ['10.19.255.255', '10.21.0.0', 'fd00:1235::1', '127.0.0.1']) {
      expect(allowing.allows(address, true)).toBe(false);
    }
  });
});
