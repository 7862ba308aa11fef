import { OauthError } from './oauth.error.js';

/** Not every driver gives up on a database that has fallen silent. */
const ANSWER_WITHIN_MILLISECONDS = 5000;

/** It may still do what it was asked for. */
export class StoreSilence extends Error {
  override readonly name = 'StoreSilence';
}

/**
 * Asks a store. However it fails to answer, the client is told to try later and nothing is granted. `within` is for what
 * may take longer, in milliseconds. @throws OauthError `temporarily_unavailable`
 */
export async function reach<T>(ask: () => Promise<T>, within = ANSWER_WITHIN_MILLISECONDS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StoreSilence('The store did not answer in time.')), within);
  });
  try {
    return await Promise.race([ask(), late]);
  } catch (cause) {
    throw OauthError.temporarilyUnavailable(cause);
  } finally {
    clearTimeout(timer);
  }
}
