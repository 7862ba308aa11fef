import type { AuditDetail } from './audit.log.js';

const LONGEST = 255;
const MOST_ITEMS = 50;
const NOTHING: readonly unknown[] = [undefined, null];

/** Text, whatever a host that is not type-checked gives: an entry is not lost for that. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (NOTHING.includes(value)) return '';
  try {
    return String(value);
  } catch {
    return '?';
  }
}

/** Printable ASCII of at most `longest` characters, whatever was given. */
export function printable(value: unknown, longest = LONGEST): string {
  return asText(value)
    .slice(0, longest)
    .replace(/[^\x20-\x7e]/g, '?');
}

/** A detail that fits a column of every database: long lists are cut, and say so by `...` at their end. */
export function bounded(detail: AuditDetail): AuditDetail {
  const entries = Object.entries(detail).map(([name, value]) => [name, boundedValue(value)] as const);
  return Object.fromEntries(entries);
}

function boundedValue(value: AuditDetail[string]): AuditDetail[string] {
  if (typeof value === 'string') return shortened(value);
  if (typeof value !== 'object') return value;
  const items = value.slice(0, MOST_ITEMS).map(shortened);
  return value.length > MOST_ITEMS ? [...items, '...'] : items;
}

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
}
