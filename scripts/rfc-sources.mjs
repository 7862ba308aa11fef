// Which files keep which rules, for docs/rfc.md.
const http = (name) => `src/oauth/http/${name}.ts`;
const token = (name) => `src/oauth/token/${name}.ts`;
const client = (name) => `src/oauth/client/${name}.ts`;
const keys = (name) => `src/oauth/keys/${name}.ts`;
const resource = (name) => `src/oauth/resource/${name}.ts`;
const error = 'src/oauth/oauth.error.ts';

export const SOURCES = [
  ['TOK-001', [token('token.endpoint')]],
  ['TOK-002…005', [token('token.endpoint'), error]],
  ['TOK-006, 007', ['sample-app/main.ts']],
  ['TOK-008…013', [http('media-type')]],
  ['TOK-014…021', [http('parameters'), token('token.request')]],
  ['TOK-022', [token('token.request')]],
  ['TOK-023…026', [token('grants/grant')]],
  ['TOK-027…029', [client('client.authentication')]],
  ['TOK-030…043, TOK-047, 048', [client('client-credentials')]],
  ['TOK-044…046', [error, client('client.authentication')]],
  ['TOK-049, 050, 052, 053, 054', [client('client.authentication'), client('client-secret')]],
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
  ['RES-001, 005…010', [token('authorization')]],
  ['RES-002…004', [resource('resource-identifier')]],
  ['ROB-001, 014, 015', [http('body')]],
  ['ROB-002…008', [http('form'), http('parameters')]],
  ['ROB-009', [client('client-credentials'), 'src/oauth/jwt/compact-jws.ts']],
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
  'TOK-051': later('throttling of guesses'),
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
  'JWKS-007': later('consumption of foreign keys'),
  'JWKS-014': later('consumption of foreign keys'),
  'JWKS-016': later('consumption of foreign keys'),
  'ROB-023': later('authentication by assertion'),
  'ROB-028': 'by construction: secrets and tokens are compared as digests of equal length, in constant time',
  'ROB-027': 'the kit has no metrics',
  'ROB-029': later('outbound fetches'),
  'ROB-031': 'HTTP/2 is served by a proxy in front',
});
