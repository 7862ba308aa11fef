import { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AddressPolicy } from '../../src/fetch/address-policy.js';
import {
  answerJwks,
  closeServers,
  failure,
  fetcher,
  resolver,
  serve,
  serveRaw,
  serveTls,
} from './support.js';

afterEach(async () => {
  vi.restoreAllMocks();
  await closeServers();
});

const strict = { allowLoopback: false };
const PUBLIC = '93.184.216.34';

describe('threat 14 AUTH-045 ROB-029 a URL that is refused before a socket is opened', () => {
  it.each([
    ['http', 'http://keys.example/jwks', 'its URL is not https'],
    ['file', 'file:///etc/passwd', 'its URL is not https'],
    ['data', 'data:application/json,{"keys":[]}', 'its URL is not https'],
    ['gopher', 'gopher://keys.example/', 'its URL is not https'],
    ['javascript', 'javascript:alert(1)', 'its URL is not https'],
    ['a user name', 'https://user@keys.example/', 'its URL holds credentials'],
    ['a password', 'https://:word@keys.example/', 'its URL holds credentials'],
    ['a fragment', 'https://keys.example/#jwks', 'its URL has a fragment'],
  ])('%s', async (_, uri, reason) => {
    const connect = vi.spyOn(Socket.prototype, 'connect');
    const { resolve, asked } = resolver([PUBLIC]);
    expect(await failure(fetcher(strict, { resolve }).fetch(new URL(uri)))).toContain(reason);
    expect(asked).toEqual([]);
    expect(connect).not.toHaveBeenCalled();
  });

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['2130706433', '127.0.0.1'],
    ['0x7f000001', '127.0.0.1'],
    ['0177.0.0.1', '127.0.0.1'],
    ['127.0.0.%31', '127.0.0.1'],
    ['１２７.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['0', '0.0.0.0'],
    ['10.0.0.1', '10.0.0.1'],
    ['169.254.169.254', '169.254.169.254'],
    ['100.100.100.200', '100.100.100.200'],
    ['255.255.255.255', '255.255.255.255'],
    ['[::1]', '::1'],
    ['[::]', '::'],
    ['[::ffff:169.254.169.254]', '::ffff:a9fe:a9fe'],
    ['[::ffff:7f00:1]', '::ffff:7f00:1'],
    ['[::127.0.0.1]', '::7f00:1'],
    ['[64:ff9b::169.254.169.254]', '64:ff9b::a9fe:a9fe'],
    ['[2002:a9fe:a9fe::1]', '2002:a9fe:a9fe::1'],
    ['[fd00:ec2::254]', 'fd00:ec2::254'],
    ['[fe80::1]', 'fe80::1'],
  ])('the host %s', async (host, address) => {
    const connect = vi.spyOn(Socket.prototype, 'connect');
    const { resolve, asked } = resolver([PUBLIC]);
    const uri = new URL(`https://${host}/latest/meta-data`);
    expect(await failure(fetcher(strict, { resolve }).fetch(uri))).toContain(
      `its host is at ${address}, which is not allowed`,
    );
    expect(asked).toEqual([]);
    expect(connect).not.toHaveBeenCalled();
  });

  it('a listening server on loopback sees nobody, by address or by the name localhost', async () => {
    const server = await serveTls(answerJwks);
    for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', 'localhost']) {
      expect(await failure(fetcher(strict).fetch(server.url('https', host)))).toContain('is not allowed');
    }
    expect(server.connections).toBe(0);
  });
});

describe('threat 14 AUTH-045 ROB-029 what a name resolves to', () => {
  const keys = new URL('https://keys.example/jwks');

  it.each([
    ['one that is not allowed', ['10.0.0.1']],
    ['a mix, the public one first', [PUBLIC, '127.0.0.1']],
    ['a mix, the public one last', ['::1', PUBLIC]],
    ['an IPv6-mapped loopback', ['::ffff:127.0.0.1']],
    ['an IPv4-compatible one', ['::93.184.216.34']],
    ['something else than an address', ['0x7f.1']],
    ['an address with a zone', ['fe80::1%eth0']],
    ['nothing', []],
  ])('%s is refused before a socket is opened', async (_, addresses) => {
    const connect = vi.spyOn(Socket.prototype, 'connect');
    const { resolve } = resolver(addresses);
    expect(await failure(fetcher(strict, { resolve }).fetch(keys))).toMatch(/is not allowed|has no address/);
    expect(connect).not.toHaveBeenCalled();
  });

  it('DNS rebinding: the name is resolved once, and only what was checked is connected to', async () => {
    const inner = await serveTls(answerJwks);
    const outer = await serveTls(answerJwks, '127.0.0.2', inner.port);
    const { resolve, asked } = resolver(['127.0.0.2'], ['127.0.0.1']);
    const guarded = fetcher({ ...strict, allowedNetworks: ['127.0.0.2/32'] }, { resolve });
    const uri = inner.url('https', 'keys.example');
    expect(await failure(guarded.fetch(uri))).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(asked).toEqual(['keys.example']);
    expect([inner.connections, outer.connections]).toEqual([0, 1]);
    expect(await failure(guarded.fetch(uri))).toContain('its host is at 127.0.0.1, which is not allowed');
    expect([inner.connections, outer.connections]).toEqual([0, 1]);
  });

  it('a connection that ends up elsewhere is dropped before a byte is sent', async () => {
    const server = await serveTls(answerJwks);
    vi.spyOn(AddressPolicy.prototype, 'allows').mockReturnValueOnce(true);
    const reason = await failure(fetcher(strict).fetch(server.url('https')));
    expect(reason).toContain('the connection led to an address that is not allowed');
    await server.deserted();
    expect([server.connections, server.bytes]).toEqual([1, 0]);
  });

  it('a name without an address', async () => {
    const reason = await failure(fetcher(strict).fetch(new URL('https://keys.invalid/jwks?secret=1')));
    expect(reason).toMatch(
      /^The JWK Set at keys\.invalid was not fetched: (?:ENOTFOUND|EAI_AGAIN|it took longer than 5000 ms)\.$/,
    );
  });

  it('a resolver that throws', async () => {
    const resolve = () => {
      throw new Error('in words of its own');
    };
    expect(await failure(fetcher(strict, { resolve }).fetch(keys))).toBe(
      'The JWK Set at keys.example was not fetched: the connection failed.',
    );
  });
});

describe('http', () => {
  it('is for loopback, when that is allowed', async () => {
    const server = await serve(answerJwks);
    for (const host of ['127.0.0.1', 'localhost']) {
      expect(await failure(fetcher().fetch(server.url('http', host)))).toBe('nothing failed');
    }
    expect(server.connections).toBe(2);
  });

  it('threat 14 is not for localhost when that is elsewhere, not even in an allowed network', async () => {
    const { resolve } = resolver(['10.0.0.1']);
    const guarded = fetcher({ allowedNetworks: ['10.0.0.0/8'] }, { resolve });
    expect(await failure(guarded.fetch(new URL('http://localhost/')))).toContain(
      '10.0.0.1, which is not allowed',
    );
  });

  it('threat 14 is not for a name that leads to loopback', async () => {
    const server = await serve(answerJwks);
    const { resolve } = resolver(['127.0.0.1']);
    expect(await failure(fetcher({}, { resolve }).fetch(server.url('http', 'keys.example')))).toContain(
      'not https',
    );
    expect(server.connections).toBe(0);
  });
});

it.each([301, 302, 303, 307, 308])(
  'threat 14 AUTH-045 ROB-029 a redirect %i is not followed, to the metadata host or anywhere',
  async (status) => {
    const other = await serve(answerJwks);
    for (const location of [other.url('http').href, 'http://169.254.169.254/latest/meta-data/']) {
      const server = await serve((_, response) => response.writeHead(status, { location }).end());
      const { resolve, asked } = resolver(['127.0.0.1']);
      expect(await failure(fetcher({}, { resolve }).fetch(server.url('http', 'localhost')))).toContain(
        `the response has status ${status}`,
      );
      expect(asked).toEqual(['localhost']);
      expect(server.connections).toBe(1);
    }
    expect(other.connections).toBe(0);
  },
);

it('a port where nobody listens', async () => {
  const server = await serveRaw(() => undefined);
  const uri = server.url('http');
  await closeServers();
  expect(await failure(fetcher().fetch(uri))).toBe(
    `The JWK Set at ${uri.host} was not fetched: ECONNREFUSED.`,
  );
});
