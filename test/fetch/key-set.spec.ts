import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { JoseVerificationKeyFactory } from '../../src/jose/jose-verification-key.factory.js';
import { loadKeys, parseKeySet } from '../../src/oauth/client/keys/key-set.js';
import { VerificationKeyFactory } from '../../src/oauth/client/keys/verification-key.js';

const factory = new JoseVerificationKeyFactory();
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const good = jwk(ec.publicKey, 'good');

function jwk(key: KeyObject, kid: string): Record<string, unknown> {
  return { ...key.export({ format: 'jwk' }), kid };
}

const bytes = (text: string) => new TextEncoder().encode(text);
const kids = async (text: string) => (await parseKeySet(bytes(text), factory)).map(({ kid }) => kid);
const kidsOf = (...keys: unknown[]) => kids(JSON.stringify({ keys }));

describe('JWKS-007 threat 15 a key that is of no use is passed over', () => {
  it.each([
    ['of an unknown type', { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AA' }],
    ['without a type', { kid: 'x' }],
    ['on an unknown curve', { ...good, crv: 'secp256k1' }],
    ['on no curve of its type', { ...good, crv: 'Ed25519' }],
    ['for an unknown algorithm', { ...good, alg: 'ES9' }],
    ['with a point that is not on its curve', { ...good, y: good['x'] }],
    ['with a broken member', { ...good, x: '!' }],
    ['with a missing member', { kty: 'EC', crv: 'P-256', x: good['x'] }],
    ['with its private part', jwk(ec.privateKey, 'private')],
    ['with its private part, of RSA', jwk(rsa.privateKey, 'private')],
    ['symmetric', { kty: 'oct', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA', kid: 'oct' }],
    ['too weak', jwk(weak.publicKey, 'weak')],
    ['null', null],
    ['a string', 'key'],
    ['a number', 7],
    ['an array', [good]],
    ['an empty object', {}],
  ])('%s', async (_, bad) => {
    expect(await kidsOf(bad, good, bad, jwk(rsa.publicKey, 'also good'))).toEqual(['good', 'also good']);
  });

  it('though it be the only one', async () => {
    expect(await kidsOf({ kty: 'oct', k: 'AA' })).toEqual([]);
  });

  it('but a failure of ours is no such key', () => {
    class Broken extends VerificationKeyFactory {
      load(): never {
        throw new TypeError('ours');
      }
      decoy(): never {
        throw new TypeError('ours');
      }
    }
    expect(() => loadKeys({ keys: [good] }, new Broken())).toThrow(TypeError);
  });
});

describe('JWKS-016 threat 15 a set that is refused as a whole', () => {
  const noArray = 'The JWK Set has no array of keys.';

  it.each([
    ['no JSON', '<html>secret</html>', 'The JWK Set cannot be read: not JSON in UTF-8.'],
    ['nothing', '', 'The JWK Set cannot be read: not JSON in UTF-8.'],
    ['a byte order mark', '\ufeff{"keys":[]}', 'The JWK Set cannot be read: not JSON in UTF-8.'],
    ['an array', '[]', 'The JWK Set cannot be read: not a JSON object.'],
    ['null', 'null', 'The JWK Set cannot be read: not a JSON object.'],
    ['keys twice', '{"keys":[],"keys":[]}', 'The JWK Set cannot be read: a member name is repeated.'],
    [
      'a kid twice',
      '{"keys":[{"kid":"a","kid":"b"}]}',
      'The JWK Set cannot be read: a member name is repeated.',
    ],
    [
      'depth',
      `{"keys":[${'['.repeat(15)}${']'.repeat(15)}]}`,
      'The JWK Set cannot be read: nested too deeply.',
    ],
    ['no keys', '{}', noArray],
    ['keys null', '{"keys":null}', noArray],
    ['keys an object', '{"keys":{"0":{}}}', noArray],
    ['keys of the prototype', '{"__proto__":{"keys":[]}}', noArray],
  ])('%s', async (_, text, message) => {
    await expect(kids(text)).rejects.toThrow(new Error(message));
  });

  it('what is not UTF-8', async () => {
    const body = Uint8Array.of(...bytes('{"keys":[],"a":"'), 0xff, ...bytes('"}'));
    await expect(parseKeySet(body, factory)).rejects.toThrow('not JSON in UTF-8');
  });

  it('more than 100 keys, usable or not', async () => {
    const hundred = Array.from({ length: 100 }, (_, index) => ({ ...good, kid: String(index) }));
    expect(await kidsOf(...hundred)).toEqual(hundred.map(({ kid }) => kid));
    for (const more of [[good], Array.from({ length: 900 }, () => null)]) {
      await expect(kidsOf(...hundred, ...more)).rejects.toThrow('The JWK Set has more than 100 keys.');
    }
  });
});

describe('a set', () => {
  it('may hold other members, and no keys', async () => {
    expect(await kids('{"keys":[],"a":{"b":1}}')).toEqual([]);
  });

  it('of a hundred keys leaves turns to others while it is read', async () => {
    let turns = 0;
    let done = false;
    const count = (): void => {
      turns += 1;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    await kidsOf(...Array.from({ length: 100 }, () => good));
    done = true;
    expect(turns).toBeGreaterThanOrEqual(10);
  });

  it('that is parsed already', () => {
    expect(loadKeys({ keys: [good, null] }, factory).map(({ kid }) => kid)).toEqual(['good']);
  });
});
