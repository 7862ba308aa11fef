import { HttpException, Inject, Injectable } from '@nestjs/common';
import { OAUTH_CONFIGURATION } from '../nest/oauth.tokens.js';
import { FailureLog } from '../nest/failure.log.js';
import type { HttpContext } from '../nest/http-context.js';
import { OauthAdmin } from '../nest/oauth.admin.js';
import { verifiedToken } from '../nest/verified-request.js';
import type { BodyLimits } from '../oauth/http/body.js';
import { NO_STORE } from '../oauth/oauth.error.js';
import type { AdminAnswer } from './admin.answer.js';
import type { OauthAdminModuleOptions } from './admin.options.js';
import { refusalOf } from './admin.refusal.js';
import { AdminRequest } from './admin.request.js';
import { ADMIN_OPTIONS } from './admin.tokens.js';

/** What the controllers of the API have in common. */
@Injectable()
export class AdminApi {
  constructor(
    @Inject(OauthAdmin) private readonly admin: OauthAdmin,
    @Inject(FailureLog) private readonly log: FailureLog,
    @Inject(OAUTH_CONFIGURATION) private readonly limits: BodyLimits,
    @Inject(ADMIN_OPTIONS) private readonly options: OauthAdminModuleOptions,
  ) {}

  /** Runs an operation in the name of who asks for it, and sends what comes of it. HTTP exceptions are the host's. */
  async answer(
    context: HttpContext,
    operation: (admin: OauthAdmin, request: AdminRequest) => Promise<AdminAnswer>,
  ): Promise<void> {
    let answer: AdminAnswer;
    try {
      answer = await operation(this.adminFor(context), new AdminRequest(context, this.limits));
    } catch (failure) {
      if (failure instanceof HttpException) throw failure;
      answer = refusalOf(failure, this.log);
    }
    const { status, headers, body } = answer;
    context.send({ status, headers: { ...NO_STORE, ...headers } }, body);
  }

  private adminFor({ request, platformRequest }: HttpContext): OauthAdmin {
    const asked = Object(platformRequest) as object;
    const clientId = verifiedToken(asked)?.clientId;
    // With a word before it, so that no id of a client reads like another actor: `host`, `command:root`.
    const caller = clientId === undefined ? 'admin-api' : `client:${clientId}`;
    const given: unknown = this.options.actor?.(asked);
    // Before anything is changed: a promise, for example, of a host that asks its database.
    if (given instanceof Promise) given.catch(() => undefined);
    const missing = given === undefined || given === null;
    if (!missing && typeof given !== 'string') throw new Error('The option actor gave no text.');
    return this.admin.by({ name: given || caller, address: request.ip });
  }
}
