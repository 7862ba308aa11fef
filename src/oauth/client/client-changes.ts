import type { Client } from './client.js';
import { toClientInformation } from './client.information.js';

/** The names of the members of client metadata in which two readings of a client differ: never their values. */
export function changedMembers(before: Client, after: Client): string[] {
  const [old, now] = [toClientInformation(before), toClientInformation(after)];
  const names = new Set([...Object.keys(old), ...Object.keys(now)]);
  return [...names].filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name])).sort();
}
