import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { NO_STORE } from '../oauth/oauth.error.js';

/** Express has `setHeader`, Fastify has `header`. */
interface HeaderWriter {
  setHeader?(name: string, value: string): unknown;
  header(name: string, value: string): unknown;
}

/** Stands before the host's guards, so that their refusals are not stored by caches either. */
@Injectable()
export class NoStoreGuard implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const response = execution.switchToHttp().getResponse<HeaderWriter>();
    for (const [name, value] of Object.entries(NO_STORE)) {
      if (response.setHeader) response.setHeader(name, value);
      else response.header(name, value);
    }
    return true;
  }
}
