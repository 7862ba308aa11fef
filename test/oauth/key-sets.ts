import { JwksFetcher, type FetchedJwks } from '../../src/oauth/client/keys/jwks-fetcher.js';
import { RemoteKeySets, type RemoteKeySetOptions } from '../../src/oauth/client/keys/remote-key-sets.js';
import {
  VerificationKeyFactory,
  type VerificationKey,
} from '../../src/oauth/client/keys/verification-key.js';
import { ManualClock } from '../support/echo.js';

export const URI = 'https://keys.example/jwks';
export const MINUTE = 60;
export const HOUR = 3_600;

/** The network: answers with these keys, or fails. */
export class Network extends JwksFetcher {
  readonly asked: string[] = [];
  kids: string[] | undefined = ['a'];
  body: string | undefined;
  cacheControl: string | undefined;
  /** What every fetch waits for. */
  gate: Promise<void> = Promise.resolve();

  async fetch(uri: URL): Promise<FetchedJwks> {
    this.asked.push(uri.href);
    await this.gate;
    if (!this.kids) throw new Error('unreachable');
    const body = this.body ?? JSON.stringify({ keys: this.kids.map((kid) => ({ kid })) });
    return { body: new TextEncoder().encode(body), cacheControl: this.cacheControl };
  }

  /** Fetches wait from now on until the returned function is called. */
  hold(): () => void {
    let release = (): void => undefined;
    this.gate = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }
}

class Factory extends VerificationKeyFactory {
  load({ kid }: Readonly<Record<string, unknown>>): VerificationKey {
    return { kid: String(kid), suits: () => true, verify: async () => true };
  }

  decoy(): Promise<VerificationKey> {
    return Promise.reject(new Error('not used'));
  }
}

/** Remote key sets, and the network that they see. */
export function openKeySets(options?: RemoteKeySetOptions<VerificationKey>) {
  const network = new Network();
  const clock = new ManualClock();
  const failures: unknown[] = [];
  const sets = new RemoteKeySets(network, new Factory(), clock, (cause) => failures.push(cause), options);
  const names = (keys: readonly VerificationKey[] | undefined) => keys?.map(({ kid }) => kid);
  const kids = async (uri = URI) => names(await sets.keys(uri).catch(() => undefined));
  const refreshed = async (uri = URI) => names(await sets.refreshed(uri));
  return { network, clock, failures, sets, kids, refreshed };
}
