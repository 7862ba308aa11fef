import { sign } from 'node:crypto';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { AccessToken, OauthGuard, RequireAnyScope, type VerifiedAccessToken } from 'nestjs-oauth-kit';
import { expect, it } from 'vitest';
import { ISSUER } from '../support/echo.js';
import { hmac, newForger, segment } from './forge.js';
import { ADAPTERS, newClient, openHost } from './host.js';

@Controller('api')
@UseGuards(OauthGuard)
class ApiController {
  @Get()
  @RequireAnyScope('read', 'write')
  read() {
    return {};
  }

  /** A handler that treats what it is given as its own. */
  @Get('careless')
  @RequireAnyScope('read', 'write')
  careless(@AccessToken() token: VerifiedAccessToken) {
    const answer = structuredClone(token);
    (token.scope as string[]).push('admin');
    (token.audience as string[]).push('https://elsewhere.example');
    (token.claims as { tenants: string[] }).tenants.push('all');
    Object.assign(token.claims, { admin: true });
    return answer;
  }
}

it.each(ADAPTERS)(
  'what a handler does to its token changes nothing for the next request: %s',
  async (adapter) => {
    const accessTokenClaims = () => ({ tenants: ['t1'] });
    const host = await openHost({ adapter, controllers: [ApiController], options: { accessTokenClaims } });
    for (const access_token_format of ['jwt', 'opaque']) {
      const client = await newClient(host, { access_token_format });
      const token = await client.token('read');
      for (let request = 0; request < 3; request++) {
        const { body } = await host.get('/api/careless', token);
        expect(body).toMatchObject({
          scope: ['read'],
          audience: [`${ISSUER}/api`],
          claims: { tenants: ['t1'] },
        });
        expect(body['claims']).not.toHaveProperty('admin');
      }
    }
    await host.close();
  },
);

it('a token is judged anew however often it was good: expired, disabled, and the signature of another', async () => {
  const host = await openHost({ controllers: [ApiController] });
  const client = await newClient(host);
  const [one, two] = [await client.token('read'), await client.token('write')];
  for (const token of [one, one, two, two]) expect((await host.get('/api', token)).status).toBe(200);
  const [header, payload] = one.split('.');
  const mixed = `${header}.${payload}.${two.split('.')[2]}`;
  const cut = `${header}.${payload}.${one.split('.')[2]?.slice(0, -2)}`;
  for (const token of [mixed, cut]) expect((await host.get('/api', token)).status).toBe(401);
  host.clock.time += 3611;
  for (const token of [one, two]) expect((await host.get('/api', token)).status).toBe(401);
  await host.close();
});

it('threat 6 an RSA server refuses PS256, RS512 and HS256 with its public key', async () => {
  const forger = await newForger('RS256');
  const host = await openHost({ controllers: [ApiController], options: { signingKeys: forger.pem } });
  const client = await newClient(host);
  const now = host.clock.now();
  const claims = {
    iss: ISSUER,
    sub: client.id,
    client_id: client.id,
    aud: `${ISSUER}/api`,
    scope: 'read',
    iat: now,
    exp: now + 9,
    jti: '1',
  };
  const header = (alg: string) => ({ alg, typ: 'at+jwt', kid: forger.kid });
  expect((await host.get('/api', forger.make(header('RS256'), claims))).status).toBe(200);
  for (const alg of ['PS256', 'RS512', 'ES256', 'HS256']) {
    expect((await host.get('/api', forger.make(header(alg), claims))).status).toBe(401);
  }
  const spki = forger.publicKey.export({ format: 'pem', type: 'spki' }).toString();
  expect((await host.get('/api', hmac(header('HS256'), claims, spki))).status).toBe(401);
  const { privateKey } = await newForger('RS256');
  const input = `${segment(header('RS256'))}.${segment(claims)}`;
  const signature = sign('sha256', Buffer.from(input), privateKey).toString('base64url');
  expect((await host.get('/api', `${input}.${signature}`)).status).toBe(401);
  await host.close();
});
