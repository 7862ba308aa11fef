import { POLICY_MEMBERS } from './client.schemas.js';
import { flag, integer, LABELS, list, object, text, time, type Schema } from './schema.js';

export const TOKEN: Schema = object(
  {
    id: text('Its `jti`: names it, and is not it.'),
    audience: text('The resource server that it is for.'),
    scope: text('What it was granted, separated by spaces.'),
    issued_at: time('When it was issued.'),
    expires_at: time('When it ends.'),
  },
  ['id', 'audience', 'scope', 'issued_at', 'expires_at'],
);

const CHANGEABLE: Readonly<Record<string, Schema>> = {
  scopes: list('The scopes that exist there.'),
  default_scopes: list('What a client gets that asks for none and has no default of its own.'),
  access_token_format: text('Of its tokens.', { enum: ['jwt', 'opaque'] }),
  access_token_ttl: integer('Seconds.', { minimum: 1 }),
  name: text('What people call it.'),
  documentation: text('A page for its developers.'),
  metadata: flag('Whether its metadata (RFC 9728) is published. Of a new one by default: false.'),
};

const IDENTIFIER = text('Its resource indicator, the `aud` of its tokens.', {
  maxLength: 1024,
  example: 'https://billing.example.com',
});

export const RESOURCE_SERVER: Schema = object(
  {
    identifier: IDENTIFIER,
    ...CHANGEABLE,
    default: flag('Whether tokens are for it where a request does not say.'),
    source: text('The options of the host, or the database.', { enum: ['configured', 'stored'] }),
    revision: integer('Counts the changes of a stored one. The `ETag` has it.'),
  },
  ['identifier', 'scopes', 'default_scopes', 'access_token_format', 'access_token_ttl', 'metadata', 'source'],
); // prettier-ignore

export const NEW_RESOURCE_SERVER: Schema = {
  ...object({ identifier: IDENTIFIER, ...CHANGEABLE }, ['identifier', 'scopes']),
  example: { identifier: 'https://billing.example.com', scopes: ['invoices:read'], name: 'Billing' },
};

export const RESOURCE_SERVER_CHANGE: Schema = object(
  Object.fromEntries(
    Object.entries(CHANGEABLE).map(([name, schema]) => [name, { ...schema, nullable: true }]),
  ),
);

export const KEY: Schema = object(
  {
    kid: text('Its id in the key set.'),
    algorithm: text('Such as ES256.'),
    purpose: text('What it signs.', { enum: ['access_token', 'introspection'] }),
    state: text('`next`, `current` or `retired`.'),
    created_at: time('When it was made. Missing for keys that the host gives.'),
    activates_at: time('When it signs, or began to.'),
  },
  ['kid', 'algorithm', 'purpose', 'state'],
);

export const KEY_ROTATION: Schema = object({
  immediately: flag('Sign with it at once: for a current key that must not sign any more. Default: false.'),
});

const REGISTRATION_TOKEN_MEMBERS: Readonly<Record<string, Schema>> = {
  id: text('Names it, and is not it.'),
  created_at: time('When it was made.'),
  expires_at: time('When it ends. 0: never.'),
  most_uses: integer('How many clients it may register. 0: any number.'),
  uses: integer('How many it has registered.'),
  ...POLICY_MEMBERS,
  description: text('What it is for.'),
  owner: text('Of the clients that it registers.'),
  labels: LABELS,
};

const REGISTRATION_TOKEN_ALWAYS = ['id', 'created_at', 'expires_at', 'most_uses', 'uses'];

export const REGISTRATION_TOKEN: Schema = object(REGISTRATION_TOKEN_MEMBERS, REGISTRATION_TOKEN_ALWAYS);

export const CREATED_REGISTRATION_TOKEN: Schema = object(
  { ...REGISTRATION_TOKEN_MEMBERS, registration_token: text('Its value (RFC 7591 §3), shown this once.') },
  [...REGISTRATION_TOKEN_ALWAYS, 'registration_token'],
);

export const NEW_REGISTRATION_TOKEN: Schema = {
  ...object({
    description: text('What it is for.'),
    lifetime: integer('Seconds. 0: for ever.', { minimum: 0, default: 604_800 }),
    most_uses: integer('How many clients it may register. 0: any number.', { minimum: 0, default: 1 }),
    owner: text('Given to the clients that it registers.'),
    labels: LABELS,
    ...POLICY_MEMBERS,
  }),
  example: { description: 'Rollout of the warehouse robots', most_uses: 20, scopes: ['catalog:read'] },
};

export const AUDIT_ENTRY: Schema = object(
  {
    id: text('In the order of time.'),
    at: time('When.'),
    type: text('What has happened.', { example: 'client.created' }),
    actor: text('Who.'),
    subject: text('What it was done to.'),
    address: text('From where.'),
    tenant: text('The label `tenant` of the client that it was about.'),
    detail: { type: 'object', description: 'More, never a secret.', additionalProperties: true },
  },
  ['id', 'at', 'type', 'detail'],
);
