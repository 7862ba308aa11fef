import {
  ClientAuthenticationMethod,
  ConfigurationError,
  OauthError,
  OauthEvents,
  type Client,
  type OauthEvent,
  type OauthModuleOptions,
  type OauthRequest,
  type PresentedCredentials,
  type RequestParameters,
  type Verdict,
} from 'nestjs-oauth-kit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FailureLog } from '../../src/nest/failure.log.js';
import { basic, formRequest, openKit, type Kit } from '../support/echo.js';
import { INVALID_CLIENT } from './assertions.js';
import { faulty, granted, GRANT, refused, register, rendered, sharing, type Registered } from './support.js';

/** A gateway that has authenticated the client already, and says so in a header that it alone can send. */
class GatewayMethod extends ClientAuthenticationMethod {
  override readonly names = ['api_gateway'];
  readonly asked: Client[] = [];

  read({ headers }: OauthRequest): PresentedCredentials | undefined {
    const consumer = headers['x-consumer-id'];
    if (typeof consumer !== 'string') return undefined;
    return {
      method: 'api_gateway',
      clientId: consumer === '' ? undefined : consumer,
      verify: (client) => this.verify(client, headers['x-consumer-proof']),
    };
  }

  private verify(client: Client, proof: unknown): Verdict {
    this.asked.push(client);
    if (proof === 'throw') throw new Error('hunter2 at 10.0.0.7');
    return proof === 'good' ? { verified: true } : { verified: false, reason: 'gateway_says_no' };
  }
}

/** A ticket that works once, in a scheme of its own: `Authorization: Ticket client:id`. */
class TicketMethod extends ClientAuthenticationMethod {
  override readonly names = ['ticket', 'ticket_in_form'];
  override readonly scheme = 'ticket';
  override readonly signingAlgorithms = ['TICKET1'];

  constructor(private readonly now: () => number) {
    super();
  }

  read(request: OauthRequest, parameters: RequestParameters): PresentedCredentials | undefined {
    const [, header] = /^ticket (.*)$/i.exec(String(request.headers['authorization'])) ?? [];
    const form = parameters.get('ticket');
    const text = header ?? form;
    if (text === undefined) return undefined;
    const [clientId = '', id = ''] = text.split(':');
    return {
      method: header === undefined ? 'ticket_in_form' : 'ticket',
      clientId,
      verify: async () => ({ verified: true, oneTime: { id, expiresAt: this.now() + 60 } }),
    };
  }
}

const gateway = (id: string, proof = 'good') => ({ 'x-consumer-id': id, 'x-consumer-proof': proof });
const ticket = (id: string, number: string) => ({ authorization: `Ticket ${id}:${number}` });

let method: GatewayMethod;
let made: ReturnType<typeof faulty>;
let kit: Kit;
let events: OauthEvent[];
let client: Registered;

function methods(now: () => number): Pick<OauthModuleOptions, 'clientAuthenticationMethods'> {
  const kits = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;
  return { clientAuthenticationMethods: [...kits, method, new TicketMethod(now)] };
}

beforeEach(async () => {
  method = new GatewayMethod();
  made = faulty();
  const now = () => kit.clock.now();
  kit = await openKit({ persistence: made.persistence, ...methods(now) });
  events = [];
  kit.get<OauthEvents>(OauthEvents).on('*', (event) => {
    if (event.type !== 'client.created') events.push(event);
  });
  client = await register(kit);
});

afterEach(() => kit.close());

async function registered(name: string, more: object = {}): Promise<string> {
  const { client: made, issued } = await kit.admin.clients.create({
    token_endpoint_auth_method: name,
    ...more,
  });
  expect(issued).toBeUndefined();
  expect(made).toMatchObject({ tokenEndpointAuthMethod: name, secrets: [] });
  return made.id;
}

function reasons(): string[] {
  return events.flatMap((event) => (event.type === 'client.authentication_failed' ? [event.reason] : []));
}

async function refusesFor(reason: string, headers: Record<string, string>, form: object = {}) {
  events.length = 0;
  expect(rendered(refused(await kit.token({ ...GRANT, ...form }, headers)))).toBe(INVALID_CLIENT);
  expect(reasons()).toEqual([reason]);
}

describe('a method of the host', () => {
  it('authenticates the clients that are registered for it by name', async () => {
    const id = await registered('api_gateway');
    granted(await kit.token(GRANT, gateway(id)));
    expect(events).toMatchObject([
      { type: 'client.authenticated', clientId: id, method: 'api_gateway' },
      { type: 'token.issued', clientId: id },
    ]);
    expect(method.asked).toMatchObject([{ id, enabled: true, tokenEndpointAuthMethod: 'api_gateway' }]);
    granted(await kit.token(GRANT, client.basic));
  });

  it('AUTH-061 stands in the metadata, with its algorithms', async () => {
    const request = { ...formRequest(''), method: 'GET', url: '/.well-known/oauth-authorization-server' };
    const document = await kit.oauth.metadata(
      { request },
      { metadataSuccess: (_, found) => found.document, metadataError: (_, error) => Promise.reject(error) },
    );
    expect([...document.token_endpoint_auth_methods_supported].sort()).toEqual([
      'api_gateway',
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'ticket',
      'ticket_in_form',
    ]);
    expect(document.token_endpoint_auth_signing_alg_values_supported).toContain('TICKET1');
  });

  it('can be changed to and from; a name that nobody serves is refused', async () => {
    await kit.admin.clients.update(client.id, { token_endpoint_auth_method: 'api_gateway' });
    await refusesFor('wrong_method', client.basic);
    granted(await kit.token(GRANT, gateway(client.id)));
    await expect(kit.admin.secrets.rotate(client.id, 0)).rejects.toMatchObject({ code: 'unsupported' });
    await kit.admin.clients.update(client.id, { token_endpoint_auth_method: 'client_secret_basic' });
    await refusesFor('wrong_method', gateway(client.id));
    for (const name of ['api_gateways', 'API_GATEWAY', 'GatewayMethod', '__proto__']) {
      const metadata = { token_endpoint_auth_method: name };
      const failure = {
        code: 'invalid_client_metadata',
        message: expect.stringContaining('api_gateway') as string,
      };
      await expect(kit.admin.clients.create(metadata)).rejects.toMatchObject(failure);
    }
  });

  it('has its refusal answered like every other, and its reason in the event', async () => {
    const id = await registered('api_gateway');
    await refusesFor('gateway_says_no', gateway(id, 'bad'));
    await refusesFor('malformed_credentials', gateway(''));
    await kit.admin.clients.disable(id);
    await refusesFor('client_disabled', gateway(id));
  });

  it('TOK-050 is asked about a decoy for who is unknown, disabled or of another method, and believed in nothing', async () => {
    for (const id of ['nobody', client.id]) {
      method.asked.length = 0;
      await refusesFor(id === 'nobody' ? 'unknown_client' : 'wrong_method', gateway(id));
      expect(method.asked).toHaveLength(1);
      expect(method.asked[0]).toMatchObject({ id, enabled: false, tokenEndpointAuthMethod: 'api_gateway' });
      expect(JSON.stringify(method.asked)).not.toContain(client.client.secrets[0]?.digest);
    }
  });

  it('threat 23 together with another is invalid_request', async () => {
    const id = await registered('api_gateway');
    const both = [
      kit.token(GRANT, { ...gateway(id), ...client.basic }),
      kit.token({ ...GRANT, client_id: id, client_secret: 'x' }, gateway(id)),
      kit.token({ ...GRANT, ticket: `${id}:1` }, gateway(id)),
      kit.token(GRANT, { ...gateway(id), ...ticket(id, '1') }),
    ];
    for (const outcome of await Promise.all(both)) {
      expect(refused(outcome)).toMatchObject({ status: 400, code: 'invalid_request' });
    }
    expect(events).toEqual([]);
  });

  it('that throws is a failure of the server: 500 without details, logged', async () => {
    const report = vi.spyOn(kit.get<FailureLog>(FailureLog), 'report');
    const id = await registered('api_gateway');
    for (const whose of [id, 'nobody']) {
      const error = refused(await kit.token(GRANT, gateway(whose, 'throw')));
      expect(error).toMatchObject({ status: 500, code: 'server_error' });
      expect(rendered(error)).not.toMatch(/hunter2|10\.0\.0\.7/);
    }
    expect(report.mock.calls.map(([, cause]) => (cause as Error).message)).toEqual(
      Array(2).fill('hunter2 at 10.0.0.7'),
    );
    vi.spyOn(method, 'read').mockImplementationOnce(() => {
      throw new TypeError('hunter2');
    });
    expect(refused(await kit.token(GRANT, client.basic))).toMatchObject({ status: 500 });
  });

  it('that claims a name that is not its own is a failure of the server, logged, whoever it names', async () => {
    const report = vi.spyOn(kit.get<FailureLog>(FailureLog), 'report');
    const names = ['client_secret_basic', 'private_key_jwt', 'ticket', 'API_GATEWAY', 'none', ''];
    for (const name of names) {
      vi.spyOn(method, 'read').mockImplementationOnce(() => ({
        method: name,
        clientId: client.id,
        verify: () => ({ verified: true }),
      }));
      const error = refused(await kit.token(GRANT));
      expect(error).toMatchObject({ status: 500, code: 'server_error' });
    }
    expect(report.mock.calls.map(([, cause]) => (cause as Error).message)).toEqual(
      names.map((name) => `A method of client authentication claims ${name}.`),
    );
    expect(events).toEqual([]);
  });

  it('may refuse a malformed request itself', async () => {
    vi.spyOn(method, 'read').mockImplementationOnce(() => {
      throw new OauthError('invalid_request', 'The header is repeated.');
    });
    expect(refused(await kit.token(GRANT))).toMatchObject({
      status: 400,
      message: 'The header is repeated.',
    });
  });

  it('threat 40 that names nobody, or anything, finds nobody', async () => {
    const first = await made.store.clients.find(client.id);
    made.faults.replace('clients.find', () =>
      Promise.resolve(first && { ...first, tokenEndpointAuthMethod: 'api_gateway' }),
    );
    for (const id of ['', 'nobody', 'x'.repeat(256), 'é']) {
      const error = refused(await kit.token(GRANT, gateway(id)));
      expect(rendered(error)).toBe(INVALID_CLIENT);
    }
    expect(method.asked.filter(({ enabled }) => enabled)).toEqual([]);
  });

  it('threat 13 does not let in a client that is registered for none', async () => {
    const none = await kit.admin.clients.create({ token_endpoint_auth_method: 'none', grant_types: [] });
    await refusesFor('wrong_method', gateway(none.client.id));
  });

  it('works on another instance; where it is missing its clients are refused', async () => {
    const id = await registered('api_gateway');
    const without = await openKit({ persistence: sharing(made.store), clock: kit.clock });
    expect(rendered(refused(await without.token(GRANT, gateway(id))))).toBe(INVALID_CLIENT);
    expect(rendered(refused(await without.token(GRANT, basic(id, 'x'))))).toBe(INVALID_CLIENT);
    await without.close();
  });

  it('alone is the default of registration, and no built-in method is left', async () => {
    const alone = await openKit({ clientAuthenticationMethods: [new GatewayMethod()] });
    const { client: own } = await alone.admin.clients.create({});
    expect(own.tokenEndpointAuthMethod).toBe('api_gateway');
    granted(await alone.token(GRANT, gateway(own.id)));
    const metadata = { token_endpoint_auth_method: 'client_secret_basic' };
    await expect(alone.admin.clients.create(metadata)).rejects.toMatchObject({
      code: 'invalid_client_metadata',
    });
    await alone.close();
  });
});

describe('a method whose credentials work once', () => {
  it('has a scheme of its own in Authorization, in any case', async () => {
    const id = await registered('ticket');
    granted(await kit.token(GRANT, ticket(id, '1')));
    granted(await kit.token(GRANT, { authorization: `TICKET ${id}:2` }));
    await refusesFor('no_credentials', { authorization: `Tickets ${id}:3` });
  });

  it('AUTH-019 AUTH-020 the id cannot be used again by the client, and by others it can', async () => {
    const [a, b] = [await registered('ticket'), await registered('ticket')];
    const inForm = await registered('ticket_in_form');
    granted(await kit.token(GRANT, ticket(a, '1')));
    await refusesFor('replayed', ticket(a, '1'));
    granted(await kit.token(GRANT, ticket(b, '1')));
    granted(await kit.token({ ...GRANT, ticket: `${inForm}:1` }));
    await refusesFor('replayed', {}, { ticket: `${inForm}:1` });
  });

  it('threat 4 ids of two clients are not run together', async () => {
    await registered('ticket', { client_id: 'a' });
    await registered('ticket', { client_id: 'ab' });
    granted(await kit.token(GRANT, ticket('a', 'bc')));
    granted(await kit.token(GRANT, ticket('ab', 'c')));
  });

  it('threat 33 of fifty at once, over two instances, one works', async () => {
    const id = await registered('ticket');
    const other = await openKit({
      persistence: sharing(made.store),
      clock: kit.clock,
      ...methods(() => kit.clock.now()),
    });
    const all = Array.from({ length: 50 }, (_, index) =>
      (index % 2 ? kit : other).token(GRANT, ticket(id, '1')),
    );
    expect((await Promise.all(all)).filter((outcome) => 'success' in outcome)).toHaveLength(1);
    await other.close();
  });

  it('AUTH-023 AUTH-022 is used up last, and a store that cannot tell refuses', async () => {
    const id = await registered('ticket');
    expect(refused(await kit.token({ ...GRANT, scope: 'nope' }, ticket(id, '1'))).code).toBe('invalid_scope');
    made.faults.reject('usedIdentifiers.insert', new Error('down'));
    expect(refused(await kit.token(GRANT, ticket(id, '1')))).toMatchObject({ status: 503 });
    made.faults.clear();
    granted(await kit.token(GRANT, ticket(id, '1')));
  });
});

describe('ROB-032 clientAuthenticationMethods', () => {
  const named = (...names: unknown[]) =>
    Object.assign(new GatewayMethod(), { names }) as ClientAuthenticationMethod;

  const scheming = (scheme: string) =>
    Object.assign(new TicketMethod(() => 0), { scheme }) as ClientAuthenticationMethod;

  it.each<[string, unknown, RegExp]>([
    ['a name alone', 'client_secret_basic', /must be a list/],
    ['a method alone', new GatewayMethod(), /must be a list/],
    ['an empty list', [], /is \[\], .*a list/],
    ['none', ['none'], /"none"/],
    ['an unknown name', ['client_secret_basic', 'tls_client_auth'], /tls_client_auth.*must be a list of/],
    ['a name in capitals', ['CLIENT_SECRET_BASIC'], /CLIENT_SECRET_BASIC/],
    ['a class, not an instance', [GatewayMethod], /must be/],
    ['something like a method', [{ names: ['x'], read: () => undefined }], /must be/],
    ['nothing', [undefined], /must be/],
    ['one twice', ['client_secret_basic', 'client_secret_basic'], /each once/],
    ['two of one name', [new GatewayMethod(), new GatewayMethod()], /api_gateway.*each once/],
    ['a built-in name twice', ['client_secret_post', named('client_secret_post')], /each once/],
    ['a method called none', [named('none')], /names of 1 to 64/],
    ['a method without a name', [named()], /must be/],
    ['an empty name', [named('')], /names of 1 to 64/],
    ['a name with a space', [named('a b')], /names of 1 to 64/],
    ['a long name', [named('x'.repeat(65))], /names of 1 to 64/],
    ['a scheme in capitals', [scheming('Ticket')], /Ticket.*schemes in lower case, without spaces/],
    ['a scheme with a space', [scheming('ticket x')], /schemes in lower case/],
    ['an empty scheme', [scheming('')], /schemes in lower case/],
    ['a scheme that is no token', [new GatewayMethod(), scheming('tïcket')], /schemes in lower case/],
    ['client_secret_jwt without a key', ['client_secret_jwt'], /client_secret_jwt.*keyEncryptionSecret/],
  ])('%s', async (_, given, message) => {
    const options = { clientAuthenticationMethods: given } as Partial<OauthModuleOptions>;
    const failure: unknown = await openKit(options).then(
      (opened) => opened.close(),
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(ConfigurationError);
    expect(failure).toMatchObject({ option: 'clientAuthenticationMethods' });
    expect((failure as Error).message).toMatch(message);
  });

  it('what is no list is told as what it is', async () => {
    const given = new GatewayMethod() as unknown as [];
    await expect(openKit({ clientAuthenticationMethods: given })).rejects.toThrow(
      /clientAuthenticationMethods is "?GatewayMethod"?,/,
    );
  });

  it('repeats nothing of what a method holds', async () => {
    const secretive = Object.assign(new GatewayMethod(), { names: [''], apiKey: 'hunter2' });
    for (const given of [[secretive], [{ apiKey: 'hunter2' }], { apiKey: 'hunter2' }]) {
      const options = { clientAuthenticationMethods: given } as unknown as Partial<OauthModuleOptions>;
      const failure: unknown = await openKit(options).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(ConfigurationError);
      expect((failure as Error).message).not.toContain('hunter2');
    }
  });
});
