import { setImmediate as nextTurn } from 'node:timers/promises';
import { AdministrationError } from '../administration.error.js';
import type { Clock } from '../clock.js';
import type { AdministrativeAction, AdministrativeChange } from '../events/oauth-event.js';
import type { OauthEvents } from '../events/oauth-events.js';
import { OauthError } from '../oauth.error.js';
import type { AuditDetail } from './audit.log.js';
import { asText } from './audit-text.js';
import type { AuditTrail } from './audit-trail.js';

/** Others get their turn after so many. */
const AT_ONCE = 500;

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

/** One change of many. */
export interface RecordedChange extends ChangeDetail {
  readonly type: AdministrativeAction;
  readonly subject: string;
}

/** What is told of a change; with its `subject` where that is only known when it is made. */
type Told = ChangeDetail & { readonly subject?: string | undefined };

/** Tells of administrative changes, in the name of one actor: as events, and in the audit log where the host keeps one. */
export class Journal {
  private readonly about: { readonly actor: string; readonly address: string | undefined };

  constructor(
    private readonly events: OauthEvents,
    private readonly trail: AuditTrail,
    private readonly clock: Clock,
    readonly actor: Actor,
  ) {
    const { name, address } = actor;
    this.about = { actor: asText(name), address: address === undefined ? undefined : asText(address) };
  }

  /** The same, in the name of somebody else. */
  by(actor: Actor): Journal {
    return new Journal(this.events, this.trail, this.clock, actor);
  }

  /** Resolves when the entry is written, and also when it cannot be: then the log has it. The change is made already. */
  async record(type: AdministrativeAction, subject: string, change: ChangeDetail = {}): Promise<void> {
    const event = this.eventOf({ ...change, type, subject });
    this.events.publish(event);
    await this.trail.write(event);
  }

  /** The same for many, in their order. */
  async recordAll(changes: readonly RecordedChange[]): Promise<void> {
    const events = changes.map((change) => this.eventOf(change));
    for (const [index, event] of events.entries()) {
      this.events.publish(event);
      if (index % AT_ONCE === 0) await nextTurn();
    }
    await this.trail.writeAll(events);
  }

  /**
   * Makes a change, and tells of it. A refusal is not told: nothing was changed. Where the work fails otherwise, be it that
   * the answer of the store was lost, the change may have been made: that is told with the detail `outcome: 'unknown'`.
   *
   * `change` gets what the work resolves with, or `undefined` where that is not known.
   */
  async telling<T>(
    type: AdministrativeAction,
    subject: string,
    change: ChangeDetail | ((done: T | undefined) => Told),
    work: () => Promise<T>,
  ): Promise<T> {
    const told = (done: T | undefined): Told => (typeof change === 'function' ? change(done) : change);
    let done: T;
    try {
      done = await work();
    } catch (failure) {
      if (!isRefusal(failure)) {
        const { detail, ...about } = told(undefined);
        await this.record(type, subject, { ...about, detail: { ...detail, outcome: 'unknown' } });
      }
      throw failure;
    }
    const { subject: made = subject, ...about } = told(done);
    await this.record(type, made, about);
    return done;
  }

  private eventOf({ type, subject, tenant, detail = {} }: RecordedChange): AdministrativeChange {
    return { type, at: this.clock.now(), subject, tenant, detail, ...this.about };
  }
}

function isRefusal(failure: unknown): boolean {
  if (failure instanceof OauthError) return failure.status < 500;
  return failure instanceof AdministrationError;
}
