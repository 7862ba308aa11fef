import {
  Catch,
  HttpException,
  ValidationPipe,
  type ArgumentsHost,
  type CallHandler,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Clock, Persistence } from 'nestjs-oauth-kit';
import { map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { ADAPTERS } from '../nest/host.js';
import { listOf, openAdmin, refusal, type AdminHost } from './support.js';

class Wrapper implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

/** Trims every text that is a parameter, as some hosts do. */
class Trimmer implements PipeTransform {
  transform(value: unknown): unknown {
    return typeof value === 'string' ? value.trim() : value;
  }
}

@Catch()
class CatchAll implements ExceptionFilter {
  readonly seen: unknown[] = [];

  constructor(private readonly app: INestApplication) {}

  catch(failure: unknown, host: ArgumentsHost): void {
    this.seen.push(failure);
    const status = failure instanceof HttpException ? failure.getStatus() : 500;
    const { httpAdapter } = this.app.get(HttpAdapterHost);
    httpAdapter.reply(host.switchToHttp().getResponse(), { mine: true, status }, status);
  }
}

/** What has to be the same below every host. */
async function exercise(host: AdminHost, base = '/admin') {
  const id = ' spaced/id ';
  const made = await host.call('POST', '/clients', { body: { client_id: id, owner: 'ann', foo: 'bar' } });
  expect([made.status, made.body['client_id'], made.body['foo']]).toEqual([201, id, undefined]);
  expect(made.headers.get('location')).toBe(`${base}/clients/${encodeURIComponent(id)}`);
  const list = await host.call('GET', '/clients?owner=ann&limit=5');
  expect(listOf(list.body['clients']).map((each) => each['client_id'])).toEqual([id]);
  const path = `/clients/${encodeURIComponent(id)}`;
  const changed = await host.call('PATCH', path, { body: { labels: { team: 'x' } } });
  expect([changed.status, changed.body['labels']]).toEqual([200, { team: 'x' }]);
  expect((await host.call('POST', `${path}/secrets`, { body: { overlap: 0 } })).status).toBe(201);
  expect(refusal(await host.call('GET', '/clients/nobody'))).toEqual([404, 'client_not_found']);
  expect(refusal(await host.call('PATCH', path, { body: [] }))).toEqual([400, 'invalid_client_metadata']);
  expect((await host.call('DELETE', path)).status).toBe(204);
  expect((await host.request(`${base}/clients`)).status).toBe(401);
}

describe.each(ADAPTERS)('the admin API in a host on %s', (adapter) => {
  // Fastify refuses what it has no parser for.
  const unread = adapter === 'express' ? (['unread'] as const) : [];
  it.each(['oauth', 'default', 'raw', ...unread] as const)('whose bodies are read by %s', async (bodies) => {
    const host = await openAdmin({ adapter, bodies });
    await exercise(host);
    const broken = await host.call('POST', '/clients', { body: '{"client_id": "x' });
    expect(broken.status).toBe(400);
    const large = await host.call('POST', '/clients', { body: { client_name: 'x'.repeat(3_000_000) } });
    expect(large.status).toBe(413);
    await host.close();
  });

  it('with a strict global ValidationPipe, a pipe that trims, an interceptor and a prefix', async () => {
    const host = await openAdmin({
      adapter,
      prefix: 'v1/internal',
      configure: (app) => {
        app.useGlobalPipes(
          new Trimmer(),
          new ValidationPipe({
            whitelist: true,
            forbidNonWhitelisted: true,
            transform: true,
            forbidUnknownValues: true,
            validateCustomDecorators: true,
          }),
        );
        app.useGlobalInterceptors(new Wrapper());
      },
    });
    await exercise(host, '/v1/internal/admin');
    await host.close();
  });

  it('with a filter for everything, which gets what the guard throws and nothing else', async () => {
    let filter: CatchAll | undefined;
    const host = await openAdmin({
      adapter,
      configure: (app) => app.useGlobalFilters((filter = new CatchAll(app))),
    });
    await exercise(host);
    expect(filter?.seen.map(String)).toEqual([expect.stringContaining('BearerException')]);
    const closed = await host.request('/admin/clients');
    expect([closed.body, closed.challenge?.slice(0, 7)]).toEqual([{ mine: true, status: 401 }, 'Bearer ']);
    await host.close();
  });

  it('answers what fails inside without a word of it, and tells the log', async () => {
    class LateClock extends Clock {
      broken = false;
      now(): number {
        if (this.broken) throw new Error('the clock says: hunter2');
        return 1_800_000_000;
      }
    }
    const clock = new LateClock();
    const host = await openAdmin({
      adapter,
      api: { guard: { canActivate: () => true }, decorators: [] },
      options: { clock },
    });
    clock.broken = true;
    const failed = await host.call('POST', '/clients', { body: {} });
    expect(refusal(failed)).toEqual([500, 'server_error']);
    expect(failed.text).not.toContain('hunter2');
    expect(host.log.text).toContain('hunter2');
    clock.broken = false;
    const persistence = host.app.get(Persistence, { strict: false });
    const { clients } = persistence;
    clients.find = () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:5432'));
    const down = await host.call('GET', '/clients/operator');
    expect(refusal(down)).toEqual([503, 'temporarily_unavailable']);
    expect(down.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(down.text).not.toContain('10.0.0.7');
    expect(host.log.text).toContain('10.0.0.7');
    await host.close();
  });

  it('answers 404 to other paths and 404 or 405 to other methods', async () => {
    const host = await openAdmin({ adapter });
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/'],
      ['PUT', '/clients'],
      ['PUT', '/clients/operator'],
      ['GET', '/clients/operator/disable'],
      ['GET', '/clients/operator/secrets/x/y'],
      ['DELETE', '/audit'],
      ['POST', '/audit'],
    ] as const) {
      expect([404, 405]).toContain((await host.call(method, path)).status);
    }
    const head = await host.call('HEAD', '/clients/operator');
    expect([head.status, head.text]).toEqual([200, '']);
    await host.close();
  });
});
