import { sha256 } from '../../digest.js';
import type { FailureKeys, FailureThrottle } from './failure-throttle.js';

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

  /** Seconds until this client may try again from this address; 0: now. */
  waitFor(address: string | undefined, clientId: string | undefined): number {
    if (!this.throttle || address === undefined) return 0;
    return this.throttle.waitFor(this.keys(address, clientId));
  }

  async record(address: string | undefined, clientId: string | undefined): Promise<void> {
    if (this.throttle && address !== undefined) await this.throttle.record(this.keys(address, clientId));
  }

  private keys(ip: string, clientId: string | undefined): FailureKeys {
    const address = this.group(ip);
    const key = (...parts: string[]) => sha256(JSON.stringify([this.issuer, address, ...parts]));
    return { address: key(), ...(clientId !== undefined && { client: key(clientId) }) };
  }
}
