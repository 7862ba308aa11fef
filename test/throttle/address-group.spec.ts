import { describe, expect, it } from 'vitest';
import { addressGroup } from '../../src/throttle/address-group.js';

describe('addressGroup', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    [' 192.0.2.7 ', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:C000:0207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7%eth0', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8::/64'],
    ['2001:db8::192.0.2.7', '2001:db8::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
    ['fe80::2', 'fe80::/64'],
    ['::1', '::/64'],
  ])('%s belongs to %s', (ip, group) => {
    expect(addressGroup(ip)).toBe(group);
  });

  it('separates two networks', () => {
    expect(addressGroup('2001:db8:1:2::1')).not.toBe(addressGroup('2001:db8:1:3::1'));
  });

  it.each(['', 'unknown', '1', '0x7f.1', '010.0.0.1', '192.0.2.7:443', '[::1]', '1::2::3', '%eth0'])(
    'leaves what is no address as it is: %j',
    (text) => {
      expect(addressGroup(` ${text}\n`)).toBe(text);
    },
  );

  it('cuts a long text short', () => {
    expect(addressGroup(`  ${'a'.repeat(100_000)}`)).toBe('a'.repeat(64));
    expect(addressGroup(`fe80::1%${'a'.repeat(100_000)}`).length).toBeLessThanOrEqual(64);
  });
});
