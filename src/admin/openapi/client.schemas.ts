import { flag, integer, LABELS, list, object, text, time, type Schema } from './schema.js';

/** What may be said about a client, RFC 7591 §2 and this server's own members. */
const METADATA: Readonly<Record<string, Schema>> = {
  client_name: text('What people call it.', { example: 'Invoice exporter' }),
  client_uri: text('A page about it.'),
  logo_uri: text('Its logo.'),
  tos_uri: text('Its terms of service.'),
  policy_uri: text('Its privacy policy.'),
  contacts: list('Who is responsible for it.'),
  software_id: text('The software that it is an instance of.'),
  software_version: text('The version of that software.'),
  token_endpoint_auth_method: text('How it authenticates.', { default: 'client_secret_basic' }),
  token_endpoint_auth_signing_alg: text('The only algorithm of its assertions.'),
  jwks: { type: 'object', description: 'Its public keys, a JWK Set. Not together with `jwks_uri`.' },
  jwks_uri: text('Where its public keys stand.'),
  legacy_assertion_audience: flag("Whether its assertions may name an endpoint's URL as their audience."),
  grant_types: list('What it gets tokens by. Default: `client_credentials`.'),
  response_types: { type: 'array', items: { type: 'string' }, maxItems: 0, description: 'Empty.' },
  scope: text('The most that it can be granted, separated by spaces.', { example: 'catalog:read' }),
  default_scope: text('What it gets when it asks for no scope.'),
  resource: text('The identifier of the resource server that it is.'),
  introspection_signed_response_alg: text('Signs the introspection responses that it gets as JWTs.'),
  introspection_encrypted_response_alg: text('Encrypts their keys.'),
  introspection_encrypted_response_enc: text('Encrypts their content.'),
  access_token_format: text('Overrides that of the resource server.', { enum: ['jwt', 'opaque'] }),
  access_token_ttl: integer('Seconds. Overrides the lifetime of the resource server.', { minimum: 1 }),
  owner: text('Who is responsible for it: free text, or an id.', { maxLength: 255 }),
  description: text('What it is for.', { maxLength: 1000 }),
  labels: LABELS,
};

export const SECRET: Schema = object(
  {
    id: text('Names it, and is not it.'),
    kept_as: text('How.', { enum: ['digest', 'encrypted', 'imported hash'] }),
    created_at: time('When it was made.'),
    expires_at: time('When it stops working. 0: never.'),
    last_used_at: time('When it last authenticated the client, to the minute.'),
  },
  ['id', 'kept_as', 'created_at', 'expires_at'],
);

/** What may be registered without an operator. */
export const POLICY_MEMBERS: Readonly<Record<string, Schema>> = {
  scopes: list('The scopes that may be registered. Default: those of `resources`, or the default scopes.'),
  resources: list('The identifiers of the resource servers whose scopes may be.'),
  authentication_methods: list('The values of `token_endpoint_auth_method` that may be. Default: all.'),
  grant_types: list('The grants that may be. Default: all.'),
};

const READ: Readonly<Record<string, Schema>> = {
  client_id: text('Its id.', { example: 'backend' }),
  client_id_issued_at: time('When it was made.'),
  ...METADATA,
  enabled: flag('Whether it gets tokens.'),
  revision: integer('Counts the changes. The `ETag` has it.'),
  updated_at: time('When it was last changed.'),
  opened_by: text('The registration token by which it has registered itself.'),
  policy: { ...object(POLICY_MEMBERS), description: 'What it may register, if it has registered itself.' },
  secrets: { type: 'array', items: SECRET },
};

const ALWAYS = ['client_id', 'client_id_issued_at', 'token_endpoint_auth_method', 'grant_types', 'enabled', 'revision', 'secrets']; // prettier-ignore

export const CLIENT: Schema = object(READ, ALWAYS);

const CLIENT_SECRET = text('The secret, shown this once.');

/** A client in the moment in which it has a secret to show. */
export const CREATED_CLIENT: Schema = object(
  {
    ...READ,
    client_secret: CLIENT_SECRET,
    client_secret_expires_at: time('When it stops working. 0: never.'),
  },
  ALWAYS,
);

export const NEW_SECRET: Schema = object(
  {
    client_id: text('Whose it is.'),
    id: text('Names it, and is not it.'),
    client_secret: CLIENT_SECRET,
    client_secret_expires_at: time('When it stops working. 0: never.'),
    created_at: time('When it was made.'),
  },
  ['client_id', 'id', 'client_secret', 'client_secret_expires_at', 'created_at'],
);

export const NEW_CLIENT: Schema = {
  ...object({
    client_id: text('Its id: printable ASCII. Default: one is made.', { maxLength: 255 }),
    client_secret: text('A secret that it has already. Default: one is made, where it needs one.'),
    client_secret_hash: text('What another system has kept of its secret: argon2id, bcrypt or scrypt.'),
    client_secret_expires_at: time('When its first secret stops working. 0: never.'),
    ...METADATA,
  }),
  example: { client_name: 'Invoice exporter', scope: 'catalog:read', labels: { team: 'payments' } },
};

export const CLIENT_CHANGE: Schema = {
  ...object(
    Object.fromEntries(
      Object.entries(METADATA).map(([name, schema]) => [name, { ...schema, nullable: true }]),
    ),
  ),
  example: { scope: 'catalog:read catalog:write', owner: null },
};
