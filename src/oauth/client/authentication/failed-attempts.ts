import { sha256 } from '../../digest.js';
import type { FailureKeys, FailureThrottle } from './failure-throttle.js';

export interface AttemptsFrom {
  /** Seconds until the next may be made; 0: now. */
  waitFor(): number;
  /** Counts one that has failed. */
  record(): Promise<void>;
}

const UNCOUNTED: AttemptsFrom = { waitFor: () => 0, record: () => Promise.resolve() };

/**
 * Slows down guessing: failures count for each client at an address and for the address, never for a client alone, so that
 * nobody can lock a client out from elsewhere. A request without an address is not counted.
 */
export class FailedAttempts {
  constructor(
    private readonly throttle: FailureThrottle | undefined,
    /** What counts as one address: all of an IPv6 network's belong to one machine. */
    private readonly group: (address: string) => string,
    private readonly issuer: string,
  ) {}

  /** Those of one purpose do not count for another. Those of this client at this address; of the address alone where the request names no client. */
  of(address: string | undefined, clientId: string | undefined, purpose?: 'registration'): AttemptsFrom {
    const { throttle } = this;
    if (!throttle || address === undefined) return UNCOUNTED;
    const keys = this.keys(address, clientId, purpose);
    return { waitFor: () => throttle.waitFor(keys), record: () => throttle.record(keys) };
  }

  private keys(ip: string, clientId: string | undefined, purpose: string | undefined): FailureKeys {
    const address = this.group(ip);
    const of = purpose === undefined ? [] : [purpose];
    const key = (...parts: string[]) => sha256(JSON.stringify([...of, this.issuer, address, ...parts]));
    return { address: key(), ...(clientId !== undefined && { client: key(clientId) }) };
  }
}
