import type { Clock } from '../clock.js';
import type { OauthEvent, OauthEventOf, OauthEventType } from './oauth-event.js';

/** Called with each event. What it throws, or rejects with, goes to the log and changes nothing. */
export type OauthEventListener<E extends OauthEvent = OauthEvent> = (event: E) => unknown;

type Draft<E> = E extends OauthEvent ? Omit<E, 'at'> : never;
/** An event before it has a time. */
export type EventDraft = Draft<OauthEvent>;

interface Subscription {
  readonly type: OauthEventType | '*';
  readonly tell: OauthEventListener;
}

/**
 * What happens in the authorization server, for metrics, alarms and audit. Listeners are called in the course of the
 * request, one after the other and unawaited, so they should be quick. No event holds a secret, a token or a key.
 */
export class OauthEvents {
  private readonly subscriptions = new Set<Subscription>();

  constructor(
    private readonly clock: Clock,
    private readonly onFailure: (cause: unknown) => void,
  ) {}

  /** Calls `listener` for every event of this type, or of any type for `*`. Returns what ends that. */
  on<T extends OauthEventType>(type: T, listener: OauthEventListener<OauthEventOf<T>>): () => void;
  on(type: '*', listener: OauthEventListener): () => void;
  on(type: OauthEventType | '*', listener: OauthEventListener<never>): () => void {
    const subscription: Subscription = { type, tell: (event) => listener(event as never) };
    this.subscriptions.add(subscription);
    return () => void this.subscriptions.delete(subscription);
  }

  /** @internal The kit's own part. */
  emit(draft: EventDraft): void {
    if (this.subscriptions.size > 0) this.publish({ ...draft, at: this.clock.now() });
  }

  /** @internal The same for an event whose time is known. */
  publish(event: OauthEvent): void {
    for (const { type, tell } of this.subscriptions) {
      if (type === '*' || type === event.type) void this.tell(tell, event);
    }
  }

  private async tell(listener: OauthEventListener, event: OauthEvent): Promise<void> {
    try {
      await listener(structuredClone(event));
    } catch (cause) {
      this.onFailure(cause);
    }
  }
}
