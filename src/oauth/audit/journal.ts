import type { Clock } from '../clock.js';
import type { AdministrativeAction, AdministrativeChange } from '../events/oauth-event.js';
import type { OauthEvents } from '../events/oauth-events.js';
import type { AuditDetail } from './audit.log.js';
import type { AuditTrail } from './audit-trail.js';

/** Who makes administrative changes, and from where: for events and the audit log. */
export interface Actor {
  /** A user, a program, a client: as those know them who read the log. Printable ASCII; at most 255 characters are kept. */
  readonly name: string;
  /** The address that the change comes from, where there is one. */
  readonly address?: string | undefined;
}

/** What a change was made to, besides its id. */
export interface ChangeDetail {
  readonly tenant?: string | undefined;
  readonly detail?: AuditDetail;
}

/** Tells of administrative changes, in the name of one actor: as events, and in the audit log where the host keeps one. */
export class Journal {
  constructor(
    private readonly events: OauthEvents,
    private readonly trail: AuditTrail,
    private readonly clock: Clock,
    readonly actor: Actor,
  ) {}

  /** The same, in the name of somebody else. */
  by(actor: Actor): Journal {
    return new Journal(this.events, this.trail, this.clock, actor);
  }

  /** Resolves when the entry is written, and also when it cannot be: then the log has it. The change is made already. */
  async record(
    type: AdministrativeAction,
    subject: string,
    { tenant, detail = {} }: ChangeDetail = {},
  ): Promise<void> {
    const { name: actor, address } = this.actor;
    const at = this.clock.now();
    const event: AdministrativeChange = { type, at, actor, subject, tenant, address, detail };
    this.events.publish(event);
    await this.trail.write(event);
  }
}
