import { createLocalJWKSet, CompactSign, jwtVerify, SignJWT, type JSONWebKeySet, type JWK } from 'jose';
import { AccessTokenVerifier, type SigningAlgorithm } from 'nestjs-oauth-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { granted, GRANT, register, type Registered } from '../oauth/support.js';
import { ISSUER, openKit, type Kit } from '../support/echo.js';
import { ALGORITHMS, newJwk, newKey, pem, publishedKeys } from './support.js';

const AUDIENCE = `${ISSUER}/api`;

describe.each(ALGORITHMS)('JWT-002 %s', (algorithm) => {
  let kit: Kit;
  let client: Registered;
  let jwk: JWK;
  let kid: string;

  beforeAll(async () => {
    jwk = await newJwk(algorithm);
    kit = await openKit({ signingKeys: JSON.stringify(jwk) });
    client = await register(kit);
    kid = (await publishedKeys(kit))[0]?.kid ?? '';
  });

  afterAll(() => kit.close());

  const verify = (token: string) => kit.get<AccessTokenVerifier>(AccessTokenVerifier).verify(token);
  const keys = async () => createLocalJWKSet({ keys: await publishedKeys(kit) } as unknown as JSONWebKeySet);
  const rules = () => ({
    issuer: ISSUER,
    audience: AUDIENCE,
    typ: 'at+jwt',
    algorithms: [algorithm],
    currentDate: new Date(kit.clock.now() * 1000),
    requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
  });
  const sign = (header: object = {}, key: JWK = jwk) =>
    new SignJWT({ client_id: client.id, scope: 'read', tenant: 't1' })
      .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid, ...header })
      .setIssuer(ISSUER)
      .setSubject(client.id)
      .setAudience(AUDIENCE)
      .setIssuedAt(kit.clock.now())
      .setExpirationTime(kit.clock.now() + 60)
      .setJti('1')
      .sign(key);

  it('JWT-001 what the kit signs, jose verifies with the published keys', async () => {
    for (let round = 0; round < 20; round++) {
      const { accessToken, scope } = granted(await kit.token(GRANT, client.basic));
      const { payload, protectedHeader } = await jwtVerify(accessToken, await keys(), rules());
      expect(protectedHeader).toEqual({ alg: algorithm, typ: 'at+jwt', kid });
      expect(payload).toMatchObject({ sub: client.id, client_id: client.id, scope });
    }
  });

  it('what jose signs, the kit verifies', async () => {
    for (let round = 0; round < 20; round++) {
      const token = await verify(await sign());
      expect(token).toMatchObject({
        clientId: client.id,
        scope: ['read'],
        claims: { tenant: 't1' },
        format: 'jwt',
      });
    }
  });

  it('what jose signs with another key of the kind, the kit refuses', async () => {
    const other = await newJwk(algorithm);
    expect(await verify(await sign({}, other))).toBeUndefined();
    const { kid: otherKid } = (await openOther(other))[0] ?? { kid: 'x' };
    expect(await verify(await sign({ kid: otherKid }, other))).toBeUndefined();
  });

  async function openOther(other: JWK) {
    const second = await openKit({ signingKeys: JSON.stringify(other) });
    const published = await publishedKeys(second);
    await second.close();
    return published;
  }

  it('a signature with one bit changed, a byte more or less, or none at all is refused', async () => {
    const token = await sign();
    const [header = '', payload = '', signature = ''] = token.split('.');
    const bytes = Buffer.from(signature, 'base64url');
    const changed = [0, 7, bytes.length - 1].map((at) => {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ 1;
      return copy;
    });
    const lengths = [
      bytes.subarray(0, -1),
      Buffer.concat([bytes, Buffer.alloc(1)]),
      Buffer.alloc(bytes.length),
      Buffer.alloc(0),
    ];
    for (const each of [...changed, ...lengths, Buffer.concat([bytes, bytes])]) {
      expect(await verify(`${header}.${payload}.${each.toString('base64url')}`)).toBeUndefined();
    }
    expect(await verify(token)).toBeDefined();
  });

  it('JWT-032 another serialisation of the same token is refused', async () => {
    const [header = '', payload = '', signature = ''] = (await sign()).split('.');
    const whole = `${header}.${payload}.${signature}`;
    for (const text of [
      JSON.stringify({ protected: header, payload, signature }),
      JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
      ...[
        `${whole}=`,
        `${header}=.${payload}.${signature}`,
        ` ${whole}`,
        `${whole}\n`,
        `${whole}.`,
        `.${whole}`,
      ],
      ...[
        `${header}.${payload}`,
        `${header}..${signature}`,
        `${header}.${payload}.${signature}.${signature}`,
      ],
      ...[
        `${header}\n.${payload}.${signature}`,
        `${header}.${payload}.${signature.slice(0, 10)}+/${signature.slice(12)}`,
      ],
    ]) {
      expect([text, await verify(text)]).toEqual([text, undefined]);
    }
  });

  it('the start with a PEM of the same kind signs what jose verifies', async () => {
    const own = await openKit({ signingKeys: pem(newKey(algorithm)), signingAlgorithm: algorithm });
    const someone = await register(own);
    const { accessToken } = granted(await own.token(GRANT, someone.basic));
    const set = createLocalJWKSet({ keys: await publishedKeys(own) } as unknown as JSONWebKeySet);
    await jwtVerify(accessToken, set, rules());
    await own.close();
  });

  it('a key that the kit makes for itself signs what jose verifies', async () => {
    const own = await openKit({ signingAlgorithm: algorithm });
    const someone = await register(own);
    const { accessToken } = granted(await own.token(GRANT, someone.basic));
    const published = await publishedKeys(own);
    expect(published.map(({ alg }) => alg)).toEqual([algorithm]);
    await jwtVerify(accessToken, createLocalJWKSet({ keys: published } as unknown as JSONWebKeySet), rules());
    await own.close();
  });
});

describe('JWKS-015 JWT-033 one key, one algorithm', () => {
  async function verifies(algorithm: SigningAlgorithm, alg: string, signAlg = alg): Promise<boolean> {
    const jwk = await newJwk(algorithm);
    const kit = await openKit({ signingKeys: JSON.stringify(jwk) });
    const client = await register(kit);
    const kid = (await publishedKeys(kit))[0]?.kid ?? '';
    const now = kit.clock.now();
    const claims = {
      iss: ISSUER,
      aud: AUDIENCE,
      sub: client.id,
      client_id: client.id,
      iat: now,
      exp: now + 9,
      jti: 'x',
    };
    const bytes = Buffer.from(JSON.stringify(claims));
    const key: JWK = { ...jwk };
    delete key.alg;
    const token = await new CompactSign(bytes)
      .setProtectedHeader({ alg: signAlg, typ: 'at+jwt', kid })
      .sign(key);
    const verified = await kit.get<AccessTokenVerifier>(AccessTokenVerifier).verify(token);
    await kit.close();
    return verified !== undefined;
  }

  it('RS256 does not verify PS256, nor the other way round', async () => {
    expect(await verifies('RS256', 'RS256')).toBe(true);
    expect(await verifies('RS256', 'PS256')).toBe(false);
    expect(await verifies('RS256', 'RS512')).toBe(false);
    expect(await verifies('PS256', 'PS256')).toBe(true);
    expect(await verifies('PS256', 'RS256')).toBe(false);
    expect(await verifies('PS256', 'PS384')).toBe(false);
  });

  it('EdDSA and Ed25519 are two names; the one in the key set is allowed', async () => {
    expect(await verifies('EdDSA', 'EdDSA')).toBe(true);
    expect(await verifies('EdDSA', 'Ed25519')).toBe(false);
  });
});
