import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  answerJwks,
  closeServers,
  failure,
  fetcher,
  JWKS,
  resolver,
  serveTls,
  trustCertificate,
} from './support.js';

const text = (body: Uint8Array) => Buffer.from(body).toString();

afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await closeServers();
});

describe('AUTH-045 a certificate that nobody trusts', () => {
  beforeEach(() => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  });

  it.each([undefined, '0'])('is refused, with NODE_TLS_REJECT_UNAUTHORIZED=%s', async (value) => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', value);
    const requests: unknown[] = [];
    const server = await serveTls((request) => requests.push(request));
    expect(await failure(fetcher().fetch(server.url('https')))).toBe(
      `The JWK Set at 127.0.0.1:${server.port} was not fetched: DEPTH_ZERO_SELF_SIGNED_CERT.`,
    );
    expect(requests).toEqual([]);
  });
});

describe('a certificate of the store', () => {
  beforeEach(() => trustCertificate());

  it('is good for its names and addresses', async () => {
    const hosts: unknown[] = [];
    const server = await serveTls((request, response) => {
      hosts.push([request.headers.host, (request.socket as TLSSocket).servername]);
      answerJwks(request, response);
    });
    const { resolve } = resolver(['127.0.0.1']);
    const names = { 'keys.example': 'keys.example', 'keys.example.': 'keys.example', '127.0.0.1': false };
    for (const [host, name] of Object.entries(names)) {
      const { body } = await fetcher({}, { resolve }).fetch(server.url('https', host));
      expect(text(body)).toBe(JWKS);
      expect(hosts.pop()).toEqual([`${host}:${server.port}`, name]);
    }
  });

  it('AUTH-045 is refused for another name', async () => {
    const server = await serveTls(answerJwks);
    const { resolve } = resolver(['127.0.0.1']);
    const fetching = fetcher({}, { resolve }).fetch(server.url('https', 'other.example'));
    expect(await failure(fetching)).toContain('ERR_TLS_CERT_ALTNAME_INVALID');
  });

  it('in an allowed network, with loopback not allowed', async () => {
    const server = await serveTls(answerJwks);
    const guarded = fetcher({ allowLoopback: false, allowedNetworks: ['127.0.0.0/24'] });
    expect(text((await guarded.fetch(server.url('https'))).body)).toBe(JWKS);
  });

  it('an address where nobody answers does not keep from the next', async () => {
    const server = await serveTls(answerJwks);
    const { resolve } = resolver(['127.0.0.3', '::1', '127.0.0.1']);
    const { body } = await fetcher({}, { resolve }).fetch(server.url('https', 'keys.example'));
    expect(text(body)).toBe(JWKS);
  });
});
