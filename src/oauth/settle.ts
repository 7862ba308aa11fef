import { OauthError } from './oauth.error.js';

/**
 * Answers a request by exactly one callback, exactly once, and resolves with what it returned. A callback that throws
 * rejects the whole: a view that fails after `tokenSuccess` must never be answered by `tokenError`, so this is one
 * `then` with two arguments and no `catch`.
 */
export function settle<T, S, E>(
  decide: () => T | Promise<T>,
  onSuccess: (decision: T) => S | Promise<S>,
  onError: (error: OauthError) => E | Promise<E>,
): Promise<S | E> {
  const decision = new Promise<T>((resolve) => resolve(decide()));
  return decision.then<S, E>(onSuccess, (failure: unknown) => onError(OauthError.from(failure)));
}
