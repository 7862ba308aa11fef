// Which files keep which rules, for docs/rfc.md.
const http = (name) => `src/oauth/http/${name}.ts`;
const token = (name) => `src/oauth/token/${name}.ts`;
const client = (name) => `src/oauth/client/${name}.ts`;
const keys = (name) => `src/oauth/keys/${name}.ts`;
const resource = (name) => `src/oauth/resource/${name}.ts`;
const authentication = (name) => `src/oauth/client/authentication/${name}.ts`;
const error = 'src/oauth/oauth.error.ts';

export const SOURCES = [
  ['TOK-001', [token('token.endpoint')]],
  ['TOK-002…005', [token('token.endpoint'), error]],
  ['TOK-006, 007', ['sample-app/main.ts']],
  ['TOK-008…013', [http('media-type')]],
  ['TOK-014…021', [http('parameters'), token('token.request')]],
  ['TOK-022', [token('token.request')]],
  ['TOK-023…026', [token('grants/grant')]],
  ['TOK-027…029', [authentication('client-authentication')]],
  ['TOK-030…043, TOK-047, 048', [authentication('client-secret.methods')]],
  ['TOK-044…046', [error, authentication('client-authentication')]],
  ['TOK-049, 050, 052, 053, 054', [authentication('client-authentication'), client('client-secret')]],
  ['TOK-051', [authentication('failed-attempts'), 'src/throttle/flexible-failure-throttle.ts']],
  ['TOK-055', [client('client-id'), client('client.metadata')]],
  ['TOK-056…059, TOK-061, 062', [token('token.response'), 'sample-app/oauth/oauth.view.ts']],
  ['TOK-060, 063, 068, 079', [token('authorization')]],
  ['TOK-064…067', ['src/oauth/scope.ts', token('grants/client-credentials.request')]],
  ['TOK-069…072, TOK-078', [error]],
  ['TOK-073, 074', [token('opaque-token'), 'src/oauth/digest.ts']],
  ['TOK-075, 076', ['src/oauth/option-checks.ts']],
  ['TOK-077', [token('grants/client-credentials.grant')]],
  ['TOK-080', ['sample-app/main.ts']],
  ['JWT-001…006, JWT-011, 030, 031', [token('jwt-access-token')]],
  ['JWT-007…010', [token('authorization')]],
  ['JWT-012', [client('client.administration')]],
  ['JWT-013…025', [resource('jwt-access-token.verifier')]],
  ['JWT-026', [keys('stored-key-ring')]],
  ['JWT-028', [resource('required-access')]],
  ['JWT-029, 032', ['src/oauth/jwt/compact-jws.ts', 'src/oauth/jwt/json.ts']],
  ['JWT-033', ['src/jose/jose-signing-key.factory.ts']],
  ['JWT-034', [token('access-token.claims')]],
  ['BEAR-001…009, BEAR-017, 023', [resource('protected-request')]],
  ['BEAR-010…016, BEAR-018, 020', [resource('bearer.error')]],
  ['BEAR-019', ['src/nest/oauth-bodies.ts', 'src/nest/deferred-body.ts']],
  ['BEAR-021', ['src/nest/oauth.guard.ts', 'src/nest/failure.log.ts']],
  ['BEAR-022', [resource('bearer.error')]],
  [
    'META-001…011, META-013…017, META-024…027',
    ['src/oauth/metadata/metadata.endpoint.ts', 'src/oauth/metadata/server-metadata.ts'],
  ],
  ['JWKS-001…006, JWKS-010, 013', [keys('jwks.endpoint'), 'src/jose/jose-signing-key.factory.ts']],
  ['JWKS-008, 009, 011', [keys('stored-key-ring'), keys('key-schedule')]],
  ['JWKS-012', ['src/oauth/encryption.ts', 'src/jose/jose-signing-key.factory.ts']],
  ['JWKS-015', [resource('jwt-access-token.verifier')]],
  ['AUTH-001, 002, 005, 037…041', [authentication('client-assertion'), 'src/oauth/jwt/compact-jws.ts']],
  ['AUTH-003, 047, 062', [authentication('client-authentication'), authentication('eligibility')]],
  ['AUTH-004, 006…010, 012…018, 024', [authentication('client-assertion.claims')]],
  ['AUTH-011, 025…028', [authentication('client-assertion.method')]],
  [
    'AUTH-019…023, ROB-023',
    ['src/oauth/replay/one-time-use.ts', 'src/typeorm/typeorm-used-identifier.store.ts'],
  ],
  ['AUTH-029', [authentication('client-secret-jwt'), client('client-secret.issuer')]],
  ['AUTH-030', [authentication('authentication.options'), client('client-secret.issuer')]],
  ['AUTH-031…034, 036', [authentication('private-key-jwt'), client('keys/client-keys')]],
  ['AUTH-035', [client('keys/key.registration')]],
  ['AUTH-042…044', ['src/jose/public-key-material.ts', 'src/jose/jose-verification-key.ts']],
  ['AUTH-045, ROB-029', ['src/fetch/guarded-jwks-fetcher.ts', 'src/fetch/address-policy.ts']],
  ['AUTH-046, JWKS-016', [client('keys/remote-key-set'), client('keys/cache-control')]],
  [
    'AUTH-061, 063, META-012',
    [authentication('authentication-methods'), 'src/oauth/metadata/server-metadata.ts'],
  ],
  ['JWKS-007', [client('keys/key-set')]],
  ['RES-001, 005…010', [token('authorization')]],
  ['RES-002…004', [resource('resource-identifier')]],
  ['ROB-001, 014, 015', [http('body')]],
  ['ROB-002…008', [http('form'), http('parameters')]],
  ['ROB-009', [authentication('client-secret.methods'), 'src/oauth/jwt/compact-jws.ts']],
  ['ROB-011, 012', [http('headers')]],
  ['ROB-013', [error, resource('bearer.error')]],
  ['ROB-016…019', ['src/oauth/store-failure.ts', error]],
  ['ROB-020, 021', ['src/oauth/clock.ts']],
  ['ROB-022', [token('token.endpoint')]],
  ['ROB-024', [keys('stored-key-ring')]],
  ['ROB-025', ['sample-app/main.ts']],
  ['ROB-026', ['src/nest/failure.log.ts']],
  ['ROB-028', ['src/oauth/digest.ts']],
  ['ROB-030', ['sample-app/main.ts']],
  ['ROB-032', ['src/oauth/oauth.configuration.ts', 'src/oauth/option-checks.ts']],
];

const later = (what) => `not there yet: ${what}`;

/** Rules without a test, and why. */
export const LEFT = {
  'TOK-007': 'CORS is off: the host enables it',
  'JWT-027': later('a resource server in another process'),
  'BEAR-004': 'the form body is not read for tokens',
  'BEAR-007': 'a token is read in one place alone, the header',
  'BEAR-022': 'there is no such code among the errors of the guard',
  'BEAR-020': later('DPoP'),
  'META-003': 'optional, left out',
  'META-016': 'optional, left out',
  'META-018': later('DPoP'),
  'META-019': later('mutual TLS'),
  'META-020': later('mutual TLS'),
  'META-021': later('authorization_details'),
  'META-022': later('introspection'),
  'META-023': later('protected resource metadata'),
};
for (let n = 28; n <= 39; n++)
  LEFT[`META-0${n}`] ??= later(
    n === 28 ? 'a resource server in another process' : 'protected resource metadata',
  );
Object.assign(LEFT, {
  'JWKS-014': 'certificates in key sets are not read',
  'ROB-028': 'by construction: secrets and tokens are compared as digests of equal length, in constant time',
  'ROB-027': 'the kit has no metrics',
  'ROB-031': 'HTTP/2 is served by a proxy in front',
});
