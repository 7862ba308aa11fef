import { AdministrationError } from '../administration.error.js';
import type { Journal } from '../audit/journal.js';
import type { Clock } from '../clock.js';
import type { KeyRing } from './key-ring.js';
import { StoredKeyRing, type ListedSigningKey } from './stored-key-ring.js';

/** A signing key as an operator sees it: nothing of its private part. */
export interface SigningKeyInformation {
  readonly kid: string;
  readonly algorithm: string;
  /** What it signs. Access-token keys also sign introspection responses, to clients that want their algorithm. */
  readonly purpose: 'access_token' | 'introspection';
  /** `next`: published, not yet signing. `current`: signing. `retired`: published until its last token is dead. */
  readonly state: string;
  /** Seconds since 1970. Missing for keys that the host gives. */
  readonly createdAt?: number;
  readonly activatesAt?: number;
}

/** What an operator does with signing keys. */
export class KeyAdministration {
  constructor(
    private readonly ring: KeyRing,
    private readonly publishAhead: number,
    private readonly clock: Clock,
    private readonly journal: Journal,
  ) {}

  async list(): Promise<SigningKeyInformation[]> {
    if (this.ring instanceof StoredKeyRing) return (await this.ring.list()).map(information);
    const keys = await this.ring.published();
    return keys.map(({ kid, algorithm }, index) => ({
      kid,
      algorithm,
      purpose: 'access_token',
      state: index === 0 ? 'current' : 'retired',
    }));
  }

  /**
   * Makes the next key for access tokens, which is returned, and one for each algorithm that introspection responses
   * have a key of their own for. They are published at once and sign when everybody has had the time to fetch them; or
   * at once, with `immediately`, which is for a current key that must not sign any more.
   */
  async rotate({ immediately = false } = {}): Promise<SigningKeyInformation> {
    const { ring } = this;
    if (!(ring instanceof StoredKeyRing)) throw givenByHost();
    const activatesAt = this.clock.now() + (immediately ? 0 : this.publishAhead);
    const { kid } = await this.journal.telling(
      'signing_key.rotated',
      '*',
      (key) => ({ subject: key?.kid, detail: { immediately } }),
      () => ring.rotate(activatesAt),
    );
    const made = (await this.list()).find((key) => key.kid === kid);
    if (!made) throw new Error(`The new signing key ${kid} is not in the ring.`);
    return made;
  }

  /**
   * Ends a key that is not to be trusted any more: it is not published, and its tokens are dead, here within ten seconds
   * and at resource servers elsewhere when they fetch the key set again. The current key has to be rotated first.
   */
  async revoke(kid: string): Promise<void> {
    const { ring } = this;
    const known = (await this.list()).find((key) => key.kid === kid);
    if (!known) throw notFound(kid);
    if (!(ring instanceof StoredKeyRing)) throw givenByHost();
    if (known.state === 'current') {
      throw new AdministrationError('conflict', `The signing key ${kid} is the current one: rotate first.`);
    }
    await this.journal.telling('signing_key.revoked', kid, {}, async () => {
      if (!(await ring.remove(kid))) throw notFound(kid);
    });
  }
}

function information({ key, state }: ListedSigningKey): SigningKeyInformation {
  const { kid, algorithm, purpose = 'access_token', createdAt, activatesAt } = key;
  return { kid, algorithm, purpose, state, createdAt, activatesAt };
}

function notFound(kid: string): AdministrationError {
  return new AdministrationError('key_not_found', `There is no signing key ${kid}.`);
}

function givenByHost(): AdministrationError {
  return new AdministrationError('unsupported', 'The signing keys are given by the host: change them there.');
}
