import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

const CLEAR = 'clear:';
const VERSION = 'a256gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

interface EncryptionKey {
  readonly id: string;
  readonly key: Buffer;
}

/**
 * Keeps what must be recoverable encrypted at rest: AES-256-GCM, with a key that HKDF-SHA-256 derives from the host's
 * secret. The id of that key stands in the text, so that the secret can be changed: the first secret encrypts, all of
 * them decrypt. Without a secret, texts are kept in the clear, and marked so.
 */
export class Encryption {
  private readonly keys: readonly EncryptionKey[];

  constructor(secrets: readonly string[]) {
    this.keys = secrets.map(deriveKey);
  }

  /** Whether there is a secret to encrypt with. */
  get available(): boolean {
    return this.keys.length > 0;
  }

  /** Whether this was encrypted under the first secret. */
  isCurrent(stored: string): boolean {
    return this.keys[0] !== undefined && stored.startsWith(`${VERSION}:${this.keys[0].id}:`);
  }

  /** `context` is bound to the text: it opens only under the same one. */
  encrypt(text: string, context: string): string {
    const [first] = this.keys;
    if (!first) return CLEAR + text;
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', first.key, iv).setAAD(Buffer.from(context, 'utf8'));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return [VERSION, first.id, Buffer.concat([iv, sealed, cipher.getAuthTag()]).toString('base64url')].join(
      ':',
    );
  }

  /** The text that was kept in the clear, sealed now that there is a secret. `undefined` where that is not so. */
  seal(stored: string, context: string): string | undefined {
    const clear = this.keys.length > 0 && stored.startsWith(CLEAR);
    return clear ? this.encrypt(stored.slice(CLEAR.length), context) : undefined;
  }

  /** `undefined` where no secret opens the text, where it was changed, or where it should not be in the clear. */
  decrypt(stored: string, context: string): string | undefined {
    if (stored.startsWith(CLEAR)) return this.keys.length === 0 ? stored.slice(CLEAR.length) : undefined;
    const [version, id, body = ''] = stored.split(':');
    const key = this.keys.find((each) => each.id === id);
    if (version !== VERSION || !key) return undefined;
    const bytes = Buffer.from(body, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', key.key, bytes.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    });
    try {
      decipher.setAAD(Buffer.from(context, 'utf8')).setAuthTag(bytes.subarray(-TAG_BYTES));
      const opened = [decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()];
      return Buffer.concat(opened).toString('utf8');
    } catch {
      return undefined;
    }
  }
}

function deriveKey(secret: string): EncryptionKey {
  const key = Buffer.from(hkdfSync('sha256', secret, 'nestjs-oauth-kit', 'encryption at rest', 32));
  return { id: createHash('sha256').update(key).digest('hex').slice(0, 12), key };
}
