import type { Clock } from '../../clock.js';
import { sha256 } from '../../digest.js';
import { RecentlyUsed } from '../../recently-used.js';
import type { IntrospectedDocument } from './introspection-answers.js';

const MOST_ENTRIES = 10_000;

interface Kept {
  readonly document: IntrospectedDocument;
  readonly askedAt: number;
  /** Seconds. */
  readonly lifetime: number;
}

/**
 * What the issuer has said of active tokens, for a while: never beyond their end, never that one is not active. Tokens are
 * known by their digest (RFC 7662 §4); the one used longest ago makes room.
 */
export class IntrospectionCache {
  private readonly entries = new RecentlyUsed<Kept>(MOST_ENTRIES);
  private readonly asked = new Map<string, Promise<IntrospectedDocument>>();

  constructor(
    /** Seconds. 0: every request asks anew, and is never answered by what another has asked before. */
    private readonly seconds: number,
    private readonly clock: Clock,
  ) {}

  async get(
    token: string,
    ask: (token: string) => Promise<IntrospectedDocument>,
  ): Promise<IntrospectedDocument> {
    if (this.seconds === 0) return ask(token);
    const key = sha256(token);
    const kept = this.entries.get(key);
    if (kept && this.isFresh(kept)) return kept.document;
    return this.asked.get(key) ?? this.askFor(key, () => ask(token));
  }

  private askFor(key: string, ask: () => Promise<IntrospectedDocument>): Promise<IntrospectedDocument> {
    const askedAt = this.clock.now();
    const asked = ask()
      .then((document) => this.keep(key, document, askedAt))
      .finally(() => this.asked.delete(key));
    this.asked.set(key, asked);
    return asked;
  }

  private keep(key: string, document: IntrospectedDocument, askedAt: number): IntrospectedDocument {
    const { active, exp } = document;
    const lifetime = typeof exp === 'number' ? Math.min(this.seconds, exp - askedAt) : 0;
    if (active === true && lifetime > 0) this.entries.set(key, { document, askedAt, lifetime });
    else this.entries.delete(key);
    return document;
  }

  /** Not after a step back of the clock: it would last for as long as the step was. */
  private isFresh({ askedAt, lifetime }: Kept): boolean {
    const age = this.clock.now() - askedAt;
    return age >= 0 && age < lifetime;
  }
}
