import { HttpException, Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { BearerError } from '../oauth/resource/bearer.error.js';
import type { GuardedResources } from '../oauth/resource/guarded-resource.js';
import { ProtectedRequests } from '../oauth/resource/protected-request.js';
import { FailureLog } from './failure.log.js';
import { isPublic, requiredAccess } from './handler-access.js';
import { toOauthRequest } from './platform-request.js';
import { rememberToken } from './verified-request.js';

/** A refused request, for the host's exception filters; the challenge stands on the response already. */
export class BearerException extends HttpException {
  constructor(readonly bearer: BearerError) {
    const body = bearer.code
      ? { error: bearer.code, error_description: bearer.description }
      : { message: bearer.description };
    super(body, bearer.status, { cause: bearer });
  }
}

/**
 * Lets a request through that brings a good access token for the handler's resource server, with the scopes that the
 * handler requires: RFC 6750, RFC 9068 §4. Everything else is answered with a `Bearer` challenge.
 */
@Injectable()
export class OauthGuard implements CanActivate {
  constructor(
    @Inject(ProtectedRequests) private readonly requests: ProtectedRequests,
    @Inject(FailureLog) private readonly log: FailureLog,
  ) {}

  /** @internal What it stands before, for the check at boot. Missing where Nest makes one for each request. */
  get resources(): GuardedResources | undefined {
    const requests: ProtectedRequests | undefined = this.requests;
    return requests?.resources;
  }

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const [handler, controller] = [execution.getHandler(), execution.getClass()];
    if (isPublic(handler, controller)) return true;
    if (execution.getType() !== 'http') throw new Error('OauthGuard protects HTTP handlers only.');
    const http = execution.switchToHttp();
    const request = http.getRequest<Parameters<typeof toOauthRequest>[0]>();
    const refuse = (error: BearerError): never => refuseRequest(http.getResponse(), error);
    try {
      const access = requiredAccess(handler, controller);
      rememberToken(request, await this.requests.authorize(toOauthRequest(request), access, refuse));
      return true;
    } catch (failure) {
      if (!(failure instanceof BearerError)) throw failure;
      // Without a cause the log has been told already: once, not by every request that waits for the same issuer.
      if (failure.status >= 500 && failure.cause !== undefined)
        this.log.report('The access token could not be checked', failure.cause);
      return refuse(failure);
    }
  }
}

/** Fastify has `header`, Node and Express have `setHeader`. */
interface HeaderWriter {
  readonly headersSent?: boolean;
  readonly sent?: boolean;
  setHeader?(name: string, value: string): unknown;
  header(name: string, value: string): unknown;
}

function refuseRequest(response: HeaderWriter, error: BearerError): never {
  // A handler may ask for more when it has begun to answer: then only the exception is left.
  const begun = response.headersSent === true || response.sent === true;
  for (const [name, value] of begun ? [] : Object.entries(error.headers)) setHeader(response, name, value);
  throw new BearerException(error);
}

function setHeader(response: HeaderWriter, name: string, value: string): void {
  if (response.setHeader) response.setHeader(name, value);
  else response.header(name, value);
}
