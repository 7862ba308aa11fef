import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { AddressPolicy } from './address-policy.js';
import type { Deadline } from './deadline.js';
import { Refusal } from './refusal.js';
import type { Target } from './target.js';

/** How long one of several addresses is tried before the next. */
const ATTEMPT_MILLISECONDS = 1_000;

/**
 * Connects to the checked addresses and no others, runs `use` on the connection, and destroys it. Nothing is sent before
 * the address at the other end has been checked once more.
 */
export async function connected<T>(
  target: Target,
  addresses: readonly LookupAddress[],
  policy: AddressPolicy,
  deadline: Deadline,
  use: (channel: Socket) => Promise<T>,
): Promise<T> {
  const { host, port, secure } = target;
  const socket = quiet(
    connect({
      host,
      port,
      lookup: answering(addresses),
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: ATTEMPT_MILLISECONDS,
    }),
  );
  let channel = socket;
  try {
    await deadline.before(once(socket, 'connect'));
    if (!policy.allows(socket.remoteAddress ?? '', secure)) {
      throw new Refusal('the connection led to an address that is not allowed');
    }
    if (secure) {
      channel = quiet(secured(socket, host));
      await deadline.before(once(channel, 'secureConnect'));
    }
    return await deadline.before(use(channel));
  } finally {
    channel.destroy();
    socket.destroy();
  }
}

/** Said outright, since the environment can switch the check of certificates off for the whole process. */
function secured(socket: Socket, host: string): Socket {
  const name = host.replace(/\.$/, '');
  const servername = isIP(host) === 0 ? { servername: name } : {};
  return connectTls({ socket, host: name, rejectUnauthorized: true, ...servername });
}

/** In place of a second resolution, which could answer otherwise. */
function answering(addresses: readonly LookupAddress[]): LookupFunction {
  return (_, { all }, callback) => {
    const [first] = addresses;
    if (all) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family);
  };
}

/** An error that comes when nobody waits any more must not end the process. */
function quiet(socket: Socket): Socket {
  return socket.on('error', () => undefined);
}
