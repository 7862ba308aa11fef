import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { AuditTrail } from '../oauth/audit/audit-trail.js';
import { OauthEvents } from '../oauth/events/oauth-events.js';
import type { OauthConfiguration } from '../oauth/oauth.configuration.js';
import { OAUTH_CONFIGURATION } from './oauth.tokens.js';

const LONGEST_DRAIN_MILLISECONDS = 5000;

/**
 * Writes into the audit log what happens in requests. Administrative changes are not among it: who makes them waits for
 * their entry.
 */
@Injectable()
export class AuditListener implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(OauthEvents) private readonly events: OauthEvents,
    @Inject(AuditTrail) private readonly trail: AuditTrail,
    @Inject(OAUTH_CONFIGURATION) private readonly configuration: OauthConfiguration,
  ) {}

  onModuleInit(): void {
    const { log, tokens } = this.configuration.audit;
    if (!log) return;
    this.events.on('client.authentication_failed', (event) => this.trail.gather(event));
    this.events.on('registration.refused', (event) => this.trail.gather(event));
    if (!tokens) return;
    this.events.on('token.issued', (event) => this.trail.gather(event));
    this.events.on('token.revoked', (event) => this.trail.gather(event));
  }

  onApplicationShutdown(): Promise<void> {
    return this.trail.drain(LONGEST_DRAIN_MILLISECONDS);
  }
}
