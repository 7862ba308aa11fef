import {
  ClientAuthenticationMethod,
  type OauthRequest,
  type PresentedCredentials,
  type Verdict,
} from 'nestjs-oauth-kit';
import { expect, it, vi } from 'vitest';
import { FailureLog } from '../../src/nest/failure.log.js';
import { echo, formRequest, openKit } from '../support/echo.js';
import { GRANT } from './support.js';

/** Says what it is told to. */
class SettledMethod extends ClientAuthenticationMethod {
  override readonly names = ['settled'];
  verdict: Verdict = { verified: true };

  read({ headers }: OauthRequest): PresentedCredentials {
    return { method: 'settled', clientId: String(headers['x-client']), verify: () => this.verdict };
  }
}

it('a refusal that does not count never reaches a limit; one that is busy is 503, and counts if it does not say otherwise', async () => {
  const method = new SettledMethod();
  const kit = await openKit({ clientAuthenticationMethods: [method], failureLimits: { perClient: 3 } });
  const report = vi.spyOn(kit.get<FailureLog>(FailureLog), 'report');
  const { client } = await kit.admin.clients.create({});
  const send = async (verdict: Verdict) => {
    method.verdict = verdict;
    const request = { ...formRequest(GRANT, { 'x-client': client.id }), ip: '192.0.2.1' };
    const outcome = await kit.oauth.token({ request }, echo);
    return 'error' in outcome ? outcome.error.status : 200;
  };
  const no = { verified: false, reason: 'no' } as const;
  for (let time = 0; time < 10; time++) {
    expect(await send({ ...no, counts: false })).toBe(401);
    expect(await send({ ...no, counts: false, busy: true })).toBe(503);
  }
  expect(await send({ verified: true })).toBe(200);
  expect(await send({ ...no, busy: true })).toBe(503);
  expect(await send({ ...no, counts: true })).toBe(401);
  expect(await send(no)).toBe(401);
  expect(await send({ verified: true })).toBe(429);
  expect(report.mock.calls).toEqual([]);
  await kit.close();
});
