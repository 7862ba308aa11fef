import { describe, expect, it } from 'vitest';
import { jwksUriRefusal } from '../../src/oauth/client/keys/jwks-uri.js';

const HTTPS = 'must be an absolute https URL';
const PRINTABLE = 'must be printable ASCII without spaces and backslashes';
const NAME = 'must name its host, not give an IP address';

describe('threat 14 AUTH-045 a jwks_uri that cannot be registered', () => {
  it.each([
    ['', HTTPS],
    ['/jwks', HTTPS],
    ['//keys.example/jwks', HTTPS],
    ['keys.example/jwks', HTTPS],
    ['https:keys.example', HTTPS],
    ['https:/keys.example', HTTPS],
    ['https:///keys.example', HTTPS],
    ['https://', HTTPS],
    ['https://?keys', HTTPS],
    ['https://keys.example:99999/', HTTPS],
    ['https://[::1/', HTTPS],
    ['http://keys.example/jwks', HTTPS],
    ['HTTP://keys.example/jwks', HTTPS],
    ['ftp://keys.example/jwks', HTTPS],
    ['file:///etc/passwd', HTTPS],
    ['data:application/json,{}', HTTPS],
    ['javascript:alert(1)', HTTPS],
    ['gopher://keys.example/', HTTPS],
    ['https://user@keys.example/', 'must not hold credentials'],
    ['https://user:word@keys.example/', 'must not hold credentials'],
    ['https://@keys.example/', 'must not hold credentials'],
    ['https://keys.example@10.0.0.1/', 'must not hold credentials'],
    ['https://keys.example/#', 'must not have a fragment'],
    ['https://keys.example/#jwks', 'must not have a fragment'],
    ['https://keys.example#@other.example', 'must not have a fragment'],
    [' https://keys.example/', PRINTABLE],
    ['https://keys.example/a b', PRINTABLE],
    ['https://keys.example/\n', PRINTABLE],
    ['https://keys.example/\t', PRINTABLE],
    ['https://keys.example/\0', PRINTABLE],
    ['https://keys.example/\u007f', PRINTABLE],
    ['https://keys.example/\u200b', PRINTABLE],
    ['https://keys.example\\@other.example/', PRINTABLE],
    ['https://１２７.0.0.1/', PRINTABLE],
    ['https://93.184.216.34/', NAME],
    ['https://0.0.0.0/', NAME],
    ['https://167772161/', NAME],
    ['https://0x0a.1/', NAME],
    ['https://012.0.0.1/', NAME],
    ['https://%31%30.0.0.1/', NAME],
    ['https://169.254.169.254./', NAME],
    ['https://[2606:4700::1111]/', NAME],
    ['https://[::ffff:169.254.169.254]/', NAME],
    [`https://keys.example/${'x'.repeat(1_980)}`, 'must have at most 2000 characters'],
  ])('%j', (uri, refusal) => {
    expect(jwksUriRefusal(uri, false)).toBe(refusal);
    expect(jwksUriRefusal(uri, true)).toBe(refusal);
  });

  it.each([
    ['http://localhost:3000/jwks', HTTPS],
    ['http://127.0.0.1:3000/jwks', HTTPS],
    ['http://[::1]:3000/jwks', HTTPS],
    ['https://localhost/jwks', 'must not lead to localhost'],
    ['https://LOCALHOST./jwks', 'must not lead to localhost'],
    ['https://keys.localhost/jwks', 'must not lead to localhost'],
    ['https://127.0.0.1/jwks', NAME],
    ['https://127.9.9.9/jwks', NAME],
    ['https://[::1]/jwks', NAME],
    ['https://2130706433/', NAME],
    ['https://0x7f.1/', NAME],
    ['https://0177.0.0.1/', NAME],
  ])('%s, unless loopback is allowed', (uri, refusal) => {
    expect(jwksUriRefusal(uri, false)).toBe(refusal);
    expect(jwksUriRefusal(uri, true)).toBeUndefined();
  });

  it.each(['http://keys.localhost/', 'http://localhost.example/', 'http://0.0.0.0/', 'https://10.0.0.1/'])(
    '%s, though loopback is allowed',
    (uri) => expect(jwksUriRefusal(uri, true)).toBeTypeOf('string'),
  );
});

it.each([
  'https://keys.example',
  'https://keys.example/jwks?of=a&b=%20',
  'https://keys.example:8443/a@b',
  'HTTPS://KEYS.EXAMPLE/',
  'https://xn--bcher-kva.example/jwks.json',
  'https://localhost.example/',
  'https://intranet/',
  `https://keys.example/${'x'.repeat(1_979)}`,
])('a jwks_uri that can: %s', (uri) => {
  expect(jwksUriRefusal(uri, false)).toBeUndefined();
  expect(jwksUriRefusal(uri, true)).toBeUndefined();
});
