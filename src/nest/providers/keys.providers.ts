import type { Provider } from '@nestjs/common';
import { JoseSigningKeyFactory } from '../../jose/jose-signing-key.factory.js';
import { JWKS_MAX_AGE, JwksEndpoint } from '../../oauth/keys/jwks.endpoint.js';
import { GivenKeyRing, type KeyRing } from '../../oauth/keys/key-ring.js';
import { SigningKeyFactory } from '../../oauth/keys/signing-key.js';
import { SigningKeySealing } from '../../oauth/keys/signing-key.sealing.js';
import { StoredKeyRing } from '../../oauth/keys/stored-key-ring.js';
import { RING_LIFETIME, StoredKeys } from '../../oauth/keys/stored-keys.js';
import type { OauthConfiguration } from '../../oauth/oauth.configuration.js';
import { Persistence } from '../../oauth/persistence.js';
import { FailureLog } from '../failure.log.js';
import { KEY_RING, OAUTH_CONFIGURATION } from '../oauth.tokens.js';

/** Seconds between the publication of a new key and its first use: every cache has dropped the older set by then. */
export const PUBLISH_AHEAD = JWKS_MAX_AGE + 2 * RING_LIFETIME;

async function openKeyRing(
  configuration: OauthConfiguration,
  persistence: Persistence,
  factory: SigningKeyFactory,
  log: FailureLog,
): Promise<KeyRing> {
  await persistence.check();
  const { signingKeys, signingAlgorithm: algorithm, encryption, clock } = configuration;
  const retention = configuration.maxAccessTokenLifetime + configuration.clockTolerance;
  const stored = new StoredKeys(
    persistence.signingKeys,
    new SigningKeySealing(factory, encryption),
    clock,
    (cause) => log.report('The signing keys could not be read again', cause),
  );
  const ring =
    signingKeys === undefined
      ? new StoredKeyRing(stored, { algorithm, retention }, clock)
      : new GivenKeyRing(() => factory.load(signingKeys, algorithm));
  await ring.open();
  return ring;
}

export const keysProviders: Provider[] = [
  { provide: SigningKeyFactory, useClass: JoseSigningKeyFactory },
  {
    provide: KEY_RING,
    inject: [OAUTH_CONFIGURATION, Persistence, SigningKeyFactory, FailureLog],
    useFactory: openKeyRing,
  },
  {
    provide: JwksEndpoint,
    inject: [KEY_RING],
    useFactory: (ring: KeyRing) => new JwksEndpoint(ring),
  },
];
