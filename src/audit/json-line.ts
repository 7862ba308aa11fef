import type { AuditEntry } from '../oauth/audit/audit.log.js';

/** What some readers take for the end of a line, or for a command to the terminal, and JSON lets stand. */
const LEFT_BY_JSON = /[\u007f-\u009f\u2028\u2029]/g;

/** One line, whatever stands in the entry. */
export function toLine({ id, at, type, actor, subject, address, tenant, detail }: AuditEntry): string {
  const text = JSON.stringify({ id, at, type, actor, subject, address, tenant, detail });
  return `${text.replace(LEFT_BY_JSON, escape)}\n`;
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
