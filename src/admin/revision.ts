import { AdministrationError } from '../oauth/administration.error.js';
import { PreconditionFailed } from './admin.refusal.js';
import type { AdminRequest } from './admin.request.js';

/** The revision that a change is meant for: any, where it says nothing. */
export interface ExpectedRevision {
  readonly revision?: number;
}

/** Changes what the caller has read, by its `If-Match`, or nothing. */
export async function changeAsRead<T>(
  request: AdminRequest,
  read: () => Promise<{ readonly revision?: number }>,
  change: (expected: ExpectedRevision) => Promise<T>,
): Promise<T> {
  const expected = request.expectedRevisions();
  if (expected === undefined) return change({});
  const { revision } = await read();
  if (revision === undefined || !expected.has(String(revision))) throw new PreconditionFailed();
  try {
    return await change({ revision });
  } catch (failure) {
    const conflict = failure instanceof AdministrationError && failure.code === 'conflict';
    throw conflict ? new PreconditionFailed() : failure;
  }
}
