import argon2 from 'argon2';
import bcrypt from 'bcrypt';
import { OauthEvents, type ClientAuthenticationFailed, type OauthModuleOptions } from 'nestjs-oauth-kit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ForeignHashes } from '../../src/hashes/foreign-hashes.js';
import { FailureLog } from '../../src/nest/failure.log.js';
import { basic, echo, formRequest, openKit, type Kit, type Outcome } from '../support/echo.js';
import { granted, GRANT, refused, register, turn } from './support.js';

const SECRET = 'correct horse – Pferd';
const OTHER = 'battery staple';
const ARGON2ID = await argon2.hash(SECRET, { memoryCost: 1024, timeCost: 2 });
const BCRYPT = await bcrypt.hash(SECRET, 5);

let kit: Kit;

afterEach(() => kit.close());

async function importing(hash: string): Promise<string> {
  return (await kit.admin.clients.create({ client_secret_hash: hash })).client.id;
}

/** A token request from this address. */
const from = (ip: string, id: string, secret: string): Promise<Outcome> =>
  kit.oauth.token({ request: { ...formRequest(GRANT, basic(id, secret)), ip } }, echo);

const statusOf = (outcome: Outcome): number => ('error' in outcome ? outcome.error.status : 200);

describe('threat 38 an attack on one client with an imported hash', () => {
  it('computes two hashes at a time, is answered with 503 and Retry-After beyond, and stops nobody else', async () => {
    const held = await holdArgon2();
    const [id, neighbour] = [await importing(ARGON2ID), await importing(BCRYPT)];
    const other = await register(kit);
    const attack = Array.from({ length: 200 }, async (_, guess) =>
      refused(await kit.token(GRANT, basic(id, `guess ${guess}`))),
    );
    granted(await kit.token(GRANT, other.basic));
    await turn();
    const waiting = kit.token(GRANT, basic(neighbour, SECRET));
    held.release();
    granted(await waiting);
    const errors = await Promise.all(attack);
    expect(held.begun).toHaveLength(2);
    expect(errors.filter(({ status }) => status === 401)).toHaveLength(2);
    for (const error of errors.filter(({ status }) => status !== 401)) {
      expect(error).toMatchObject({ status: 503, code: 'temporarily_unavailable' });
      expect(error.headers).toMatchObject({ 'Retry-After': '5', 'Cache-Control': 'no-store' });
    }
    granted(await kit.token(GRANT, basic(id, SECRET)));
  });

  it.each([1, 20])('from %i addresses does not keep the client at another one out', async (addresses) => {
    const held = await holdArgon2();
    const id = await importing(ARGON2ID);
    const attack = Array.from({ length: 1000 }, (_, guess) =>
      from(`192.0.2.${guess % addresses}`, id, `guess ${guess}`),
    );
    await turn();
    const real = from('198.51.100.9', id, SECRET);
    attack.push(...Array.from({ length: 200 }, (_, at) => from(`192.0.2.${at % addresses}`, id, 'more')));
    await turn();
    expect(held.begun).toHaveLength(2);
    held.release();
    granted(await real);
    const statuses = (await Promise.all(attack)).map(statusOf);
    expect(statuses.filter((status) => ![401, 429, 503].includes(status))).toEqual([]);
    expect(held.begun.length).toBeLessThanOrEqual(2 * addresses + 1);
  });

  it('too_busy is a failure: counted, told to the event, and not logged', async () => {
    const held = await holdArgon2({ failureLimits: { perClient: 4 } });
    const report = vi.spyOn(kit.get<FailureLog>(FailureLog), 'report');
    const failures: ClientAuthenticationFailed[] = [];
    const events = kit.get<OauthEvents>(OauthEvents);
    events.on('client.authentication_failed', (event) => void failures.push(event));
    const id = await importing(ARGON2ID);
    const here = '192.0.2.1';
    const computing = [from(here, id, SECRET), from(here, id, OTHER)];
    await turn();
    for (let time = 0; time < 4; time += 1) expect(statusOf(await from(here, id, SECRET))).toBe(503);
    expect(statusOf(await from(here, id, SECRET))).toBe(429);
    const failure = { type: 'client.authentication_failed', clientId: id, address: here, reason: 'too_busy' };
    expect(failures).toMatchObject(Array<object>(4).fill({ ...failure, method: 'client_secret_basic' }));
    held.release();
    expect((await Promise.all(computing)).map(statusOf)).toEqual([429, 429]);
    expect(statusOf(await from('198.51.100.9', id, SECRET))).toBe(200);
    expect(report.mock.calls).toEqual([]);
  });
});

/** argon2id that ends when it is told to. */
async function holdArgon2(options: Partial<OauthModuleOptions> = {}) {
  const begun: string[] = [];
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const verify = async (hash: string, secret: string) => {
    begun.push(secret);
    await gate;
    return argon2.verify(hash, secret);
  };
  const held = new ForeignHashes({ argon2: async () => ({ verify }), bcrypt: async () => bcrypt });
  kit = await openKit({ importedHashes: held, ...options });
  return { begun, release };
}
