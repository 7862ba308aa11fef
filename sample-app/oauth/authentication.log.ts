import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { OauthEvents } from 'nestjs-oauth-kit';

/**
 * Tells the operator what the response must not: why a client was refused. Not what was throttled after that: those are as
 * many lines as somebody cares to cause.
 */
@Injectable()
export class AuthenticationLog implements OnModuleInit {
  private readonly logger = new Logger('ClientAuthentication');

  constructor(private readonly events: OauthEvents) {}

  onModuleInit(): void {
    this.events.on('client.authentication_failed', ({ clientId, method, reason, address }) => {
      if (method === undefined) return;
      // What is no client's is a stranger's text, and stays out of the log.
      const who = clientId === undefined || reason === 'unknown_client' ? 'Somebody' : clientId;
      this.logger.warn(`${who} at ${address} was refused (${method}): ${reason}`);
    });
    this.events.on('registration.refused', ({ reason, address }) => {
      if (reason === 'no_token' || reason === 'throttled') return;
      this.logger.warn(`Somebody at ${address} was refused a registration: ${reason}`);
    });
  }
}
