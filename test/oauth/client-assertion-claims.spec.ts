import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ISSUER } from '../support/echo.js';
import { Bench, METHODS, TOKEN_ENDPOINT, type Party } from './assertions.js';
import { GRANT } from './support.js';

/** The option `clockTolerance` and the option `clientAssertions.lifetime`, by default. */
const TOLERANCE = 10;
const LIFETIME = 300;
const LONGEST_ID = 256;

let bench: Bench;

beforeAll(async () => {
  bench = await Bench.open();
});

afterAll(() => bench.close());

describe.each(METHODS)('%s', (_method, alg) => {
  let client: Party;
  let legacy: Party;

  beforeAll(async () => {
    client = await bench.client(alg);
    legacy = await bench.client(alg, { legacy_assertion_audience: true });
  });

  const accepts = (changes: Record<string, unknown>) => bench.accepts(bench.assertion(client, changes));
  const refuses = (reason: string, changes: Record<string, unknown>) =>
    bench.refusedFor(reason, bench.assertion(client, changes));
  /** A payload whose member is this JSON text. */
  const literal = (name: string, text: string) => {
    const payload = JSON.stringify(bench.claims(client, { [name]: 'LITERAL' }));
    return bench.raw(client, { alg }, payload.replace('"LITERAL"', text));
  };

  it('AUTH-004 threat 22 iss and sub are the client, both of them', async () => {
    const other = await bench.client(alg);
    await accepts({});
    await refuses('assertion_issuer', { iss: undefined });
    await refuses('malformed_credentials', { sub: undefined });
    await refuses('malformed_credentials', { iss: undefined, sub: undefined });
    for (const iss of [other.id, 'nobody', '', null, 1, [client.id], client.id.toUpperCase(), ISSUER]) {
      await refuses('assertion_issuer', { iss });
    }
    await refuses('assertion_issuer', { sub: other.id });
    await refuses('unknown_client', { sub: 'nobody' });
  });

  it('threat 11 without one of iss, sub, aud, exp, jti it is refused; iat and nbf are optional', async () => {
    await refuses('assertion_issuer', { iss: undefined });
    await refuses('malformed_credentials', { sub: undefined });
    await refuses('assertion_audience', { aud: undefined });
    await refuses('assertion_expiry', { exp: undefined });
    await refuses('assertion_id', { jti: undefined });
    await accepts({ iat: undefined });
    await accepts({ nbf: bench.now });
    await refuses('assertion_issuer', { iss: undefined, aud: undefined, exp: undefined, jti: undefined });
  });

  describe('aud', () => {
    it('AUTH-006 AUTH-009 the issuer is accepted, as a string and as the only value of an array', async () => {
      await accepts({ aud: ISSUER });
      await accepts({ aud: [ISSUER] });
    });

    it('AUTH-007 threat 1 the URL of the token endpoint is refused', async () => {
      for (const aud of [TOKEN_ENDPOINT, `${TOKEN_ENDPOINT}/`, [TOKEN_ENDPOINT], '/oauth/token']) {
        await refuses('assertion_audience', { aud });
      }
    });

    it('AUTH-007 threat 1 and accepted of a client that is registered so, but nothing like it', async () => {
      for (const aud of [TOKEN_ENDPOINT, [TOKEN_ENDPOINT], ISSUER, [ISSUER]]) {
        await bench.accepts(bench.assertion(legacy, { aud }));
      }
      const others = [
        `${TOKEN_ENDPOINT}/`,
        `${TOKEN_ENDPOINT}?x=1`,
        TOKEN_ENDPOINT.toUpperCase(),
        TOKEN_ENDPOINT.replace('3999', '4000'),
        'https://evil.example/oauth/token',
        `${ISSUER}/oauth/jwks`,
      ];
      for (const aud of others) {
        await bench.refusedFor('assertion_audience', bench.assertion(legacy, { aud }));
      }
    });

    it('AUTH-008 threat 1 an array of the issuer and anything else is refused', async () => {
      const others = [
        'https://evil.example',
        TOKEN_ENDPOINT,
        '',
        ISSUER,
        `${ISSUER}/`,
        null,
        1,
        [ISSUER],
        {},
      ];
      for (const other of others) {
        await refuses('assertion_audience', { aud: [ISSUER, other] });
        await refuses('assertion_audience', { aud: [other, ISSUER] });
      }
    });

    it('AUTH-008 threat 1 a legacy client’s array with anybody else in it is refused', async () => {
      for (const aud of [
        [ISSUER, 'https://evil.example'],
        [TOKEN_ENDPOINT, 'https://evil.example/oauth/token'],
        [ISSUER, TOKEN_ENDPOINT, 'https://evil.example'],
      ]) {
        await bench.refusedFor('assertion_audience', bench.assertion(legacy, { aud }));
      }
    });

    it('AUTH-008 threat 1 an array of more than one always fails, also of a legacy client', async () => {
      for (const aud of [
        [ISSUER, TOKEN_ENDPOINT],
        [ISSUER, ISSUER],
        [TOKEN_ENDPOINT, TOKEN_ENDPOINT],
      ]) {
        await bench.refusedFor('assertion_audience', bench.assertion(legacy, { aud }));
      }
    });

    it('AUTH-010 threat 1 the issuer in any other spelling is refused', async () => {
      const spellings = [
        `${ISSUER}/`,
        `${ISSUER}//`,
        ISSUER.toUpperCase(),
        ISSUER.replace('http', 'HTTP'),
        ISSUER.replace('http', 'https'),
        ISSUER.replace(':3999', ''),
        ISSUER.replace(':3999', ':03999'),
        ISSUER.replace('127.0.0.1', 'localhost'),
        ` ${ISSUER}`,
        `${ISSUER}\n`,
        `${ISSUER}?`,
        `${ISSUER}#`,
        ISSUER.slice(0, -1),
        '127.0.0.1:3999',
        '*',
        '',
      ];
      for (const aud of spellings) await refuses('assertion_audience', { aud });
      for (const aud of [undefined, null, true, 1, [], {}, [[ISSUER]], { 0: ISSUER }]) {
        await refuses('assertion_audience', { aud });
      }
    });

    it('AUTH-010 of an issuer with an upper-case path or default port nothing is normalised', async () => {
      const issuer = 'https://as.example.com/Tenant';
      const other = await Bench.open({ issuer });
      const party = await other.client(alg);
      await other.accepts(other.assertion(party, { aud: issuer }));
      for (const aud of [
        'https://as.example.com:443/Tenant',
        'https://as.example.com/tenant',
        'https://AS.example.com/Tenant',
        'https://as.example.com/Tenant/',
        'https://as.example.com/%54enant',
        'https://as.example.com/x/../Tenant',
      ]) {
        await other.refusedFor('assertion_audience', other.assertion(party, { aud }));
      }
      await other.close();
    });

    it('AUTH-011 the URLs of endpoints are no audience, whichever is called', async () => {
      for (const path of ['token', 'introspect', 'revoke', 'par', 'register', 'jwks']) {
        await refuses('assertion_audience', { aud: `${ISSUER}/oauth/${path}` });
      }
    });
  });

  describe('exp', () => {
    it('AUTH-012 exp: required, and a number', async () => {
      await refuses('assertion_expiry', { exp: undefined });
      for (const exp of ['', String(bench.now + 60), null, true, [bench.now + 60], {}, -1]) {
        await refuses('assertion_expiry', { exp });
      }
    });

    it('AUTH-012 exp: the last second is the one before exp + 10', async () => {
      const { clock } = bench.kit;
      const start = clock.time;
      const exp = start + 60;
      const [last, late] = [await bench.assertion(client, { exp }), await bench.assertion(client, { exp })];
      clock.time = exp + TOLERANCE - 1;
      await bench.accepts(last);
      clock.time = exp + TOLERANCE;
      await bench.refusedFor('assertion_expired', late);
      clock.time = exp + 86_400;
      await bench.refusedFor('assertion_expired', late);
      clock.time = start;
      await bench.accepts(late);
    });

    it('AUTH-012 exp: without a tolerance it is exp itself; with 60 s a minute later', async () => {
      for (const clockTolerance of [0, 60]) {
        const other = await Bench.open({ clockTolerance });
        const party = await other.client(alg);
        await other.refusedFor(
          'assertion_expired',
          other.assertion(party, { exp: other.now - clockTolerance }),
        );
        await other.accepts(other.assertion(party, { exp: other.now - clockTolerance + 1 }));
        await other.close();
      }
    });

    it('AUTH-013 threat 11 exp further ahead than 300 s and the tolerance is refused', async () => {
      await accepts({ exp: bench.now + LIFETIME });
      await accepts({ exp: bench.now + LIFETIME + TOLERANCE });
      for (const more of [1, 0.5, 3600, 1e9, 1e18]) {
        await refuses('assertion_lifetime', { exp: bench.now + LIFETIME + TOLERANCE + more });
      }
      await refuses('assertion_lifetime', { exp: 1e308 });
      await refuses('assertion_lifetime', { exp: Number.MAX_SAFE_INTEGER });
      await refuses('assertion_lifetime', { exp: (bench.now + 60) * 1000 });
    });

    it('AUTH-013 the option clientAssertions.lifetime moves that limit, and the one of iat', async () => {
      const other = await Bench.open({ clientAssertions: { lifetime: 20 }, clockTolerance: 0 });
      const party = await other.client(alg);
      const { now } = other;
      await other.accepts(other.assertion(party, { exp: now + 20 }));
      await other.refusedFor('assertion_lifetime', other.assertion(party, { exp: now + 21 }));
      await other.accepts(other.assertion(party, { exp: now + 20, iat: now - 20 }));
      await other.refusedFor('assertion_too_old', other.assertion(party, { exp: now + 20, iat: now - 21 }));
      await other.close();
    });
  });

  describe('iat and nbf', () => {
    it('AUTH-014 AUTH-015 10 s in the future accepted, a minute refused', async () => {
      for (const claim of ['iat', 'nbf']) {
        for (const ahead of [0, 1, TOLERANCE]) await accepts({ [claim]: bench.now + ahead });
        for (const ahead of [TOLERANCE + 1, 61, 200, 1e9]) {
          await refuses('assertion_not_yet_valid', { [claim]: bench.now + ahead });
        }
      }
    });

    it('AUTH-015 a tolerance of 60 s is the most there is, and 61 s ahead refused with it', async () => {
      const other = await Bench.open({ clockTolerance: 60 });
      const party = await other.client(alg);
      for (const claim of ['iat', 'nbf']) {
        await other.accepts(other.assertion(party, { [claim]: other.now + 60 }));
        const late = other.assertion(party, { [claim]: other.now + 61 });
        await other.refusedFor('assertion_not_yet_valid', late);
      }
      await other.close();
      await expect(Bench.open({ clockTolerance: 61 })).rejects.toThrow(/clockTolerance/);
    });

    it('AUTH-016 iat older than an assertion may live is refused, though exp is ahead', async () => {
      await accepts({ iat: bench.now - LIFETIME });
      await accepts({ iat: bench.now - LIFETIME - TOLERANCE });
      for (const age of [LIFETIME + TOLERANCE + 1, 86_400, bench.now]) {
        await refuses('assertion_too_old', { iat: bench.now - age });
      }
      await accepts({ nbf: bench.now - 86_400 });
    });
  });

  describe('NumericDate', () => {
    it('AUTH-017 may have a fraction', async () => {
      await accepts({ exp: bench.now + 60.5, iat: bench.now - 0.5, nbf: bench.now - 1.25 });
      await bench.accepts(literal('exp', `${(bench.now + 60) / 10}e1`));
      await accepts({ exp: bench.now - TOLERANCE + 0.5 });
      await refuses('assertion_expired', { exp: bench.now - TOLERANCE - 0.5 });
    });

    it.each([
      ['exp', 'assertion_expiry'],
      ['iat', 'assertion_time'],
      ['nbf', 'assertion_time'],
    ])('AUTH-017 threat 11 %s is nothing but a number of 0 or more', async (claim, reason) => {
      const values = [
        '1e400',
        '-1e400',
        '-1',
        '-0.5',
        '"1"',
        '"x"',
        'null',
        'true',
        'false',
        '[]',
        '{}',
        '[1]',
      ];
      for (const text of values) await bench.refusedFor(reason, literal(claim, text));
      for (const text of ['NaN', 'Infinity', '01', '+1', '1.', '0x10', '1_0']) {
        await bench.refusedFor('malformed_credentials', literal(claim, text));
      }
    });
  });

  describe('jti', () => {
    it('AUTH-018 is required, and text', async () => {
      for (const jti of [undefined, '', null, 1, 0, true, false, ['x'], {}]) {
        await refuses('assertion_id', { jti });
      }
    });

    it('AUTH-024 of more than 256 characters is refused', async () => {
      await accepts({ jti: 'a'.repeat(LONGEST_ID) });
      for (const more of [1, 768, 4096])
        await refuses('assertion_id', { jti: 'b'.repeat(LONGEST_ID + more) });
    });
  });

  it('other claims are nobody’s business', async () => {
    await accepts({ scope: 'admin', client_id: 'other', azp: 'other', cnf: {}, __proto__: null });
    const assertion = await bench.assertion(client, { grant_type: 'x', resource: 'https://evil.example' });
    expect(await bench.send(assertion, GRANT)).toHaveProperty('success.scope', 'read');
  });
});
