import { userInfo } from 'node:os';
import type { Actor } from 'nestjs-oauth-kit';

/** Whom the audit log names: the user of the operating system who runs the command. */
export function commandActor(): Actor {
  return { name: `command:${userName().replace(/[^\x21-\x7e]/g, '?')}` };
}

/** A process in a container may run as a user that the system has no entry for. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
