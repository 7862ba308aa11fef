import type { Command } from 'commander';
import { addLabelOption, type LabelFlags } from './labels.js';
import { CommandError, UsageError } from './failure.js';
import { readJson } from './input.js';
import type { Io } from './io.js';
import { wholeNumber } from './operands.js';

/** Client metadata on the command line: a document, and flags that override its members. */
export interface MetadataOptions {
  readonly metadata?: string;
  readonly id?: string;
  readonly name?: string;
  readonly scope?: string;
  readonly defaultScope?: string;
  readonly authMethod?: string;
  readonly jwks?: string;
  readonly jwksUri?: string;
  readonly signingAlg?: string;
  readonly resource?: string;
  readonly format?: string;
  readonly ttl?: number;
  readonly owner?: string;
  readonly description?: string;
  readonly label?: LabelFlags;
  /** Of an update. */
  readonly unlabel?: readonly string[];
}

export type MetadataDocument = Readonly<Record<string, unknown>>;

const MEMBERS = {
  id: 'client_id',
  name: 'client_name',
  scope: 'scope',
  defaultScope: 'default_scope',
  authMethod: 'token_endpoint_auth_method',
  jwksUri: 'jwks_uri',
  signingAlg: 'token_endpoint_auth_signing_alg',
  resource: 'resource',
  format: 'access_token_format',
  ttl: 'access_token_ttl',
  owner: 'owner',
  description: 'description',
} as const satisfies Partial<Record<keyof MetadataOptions, string>>;

/** Those that an empty text takes away. */
const REMOVABLE: readonly string[] = ['owner', 'description'];

export function addMetadataOptions(command: Command): Command {
  const described = command
    .option('--metadata <file>', 'client metadata (RFC 7591) as JSON; - is standard input')
    .option('--name <text>', 'client_name: what people call it')
    .option('--scope <scopes>', 'scope: the most that it can get, separated by spaces')
    .option('--default-scope <scopes>', 'default_scope: what it gets when it asks for none')
    .option('--auth-method <method>', 'token_endpoint_auth_method, for example private_key_jwt')
    .option('--jwks <file>', 'jwks: a JWK Set of its public keys; - is standard input')
    .option('--jwks-uri <url>', 'jwks_uri: where its public keys stand')
    .option('--signing-alg <alg>', 'token_endpoint_auth_signing_alg: the one that it signs with')
    .option('--resource <identifier>', 'resource: the resource server that this client is')
    .option('--format <format>', 'access_token_format: jwt or opaque')
    .option(
      '--ttl <seconds>',
      'access_token_ttl: how long its access tokens live',
      wholeNumber(1, 31_536_000),
    )
    .option('--owner <text>', 'owner: who is responsible for it; an empty text takes it away')
    .option('--description <text>', 'description: what it is for; an empty text takes it away');
  return addLabelOption(described, 'labels: one of them, besides those that it has');
}

/** The document with what the flags say put over it. */
export async function readMetadata(options: MetadataOptions, io: Io): Promise<MetadataDocument> {
  const flags = Object.entries(MEMBERS).flatMap(([flag, member]) => {
    const value = options[flag as keyof typeof MEMBERS];
    if (value === undefined) return [];
    return [[member, value === '' && REMOVABLE.includes(member) ? null : value] as const];
  });
  const labelled = options.label !== undefined || options.unlabel !== undefined;
  if (options.metadata === undefined && options.jwks === undefined && flags.length === 0 && !labelled) {
    throw new UsageError('Say what the client is like: --metadata, or flags such as --name and --scope.');
  }
  if (options.metadata === '-' && options.jwks === '-') {
    throw new UsageError('Only one of --metadata and --jwks can be standard input.');
  }
  if (options.jwks !== undefined && options.jwksUri !== undefined) {
    throw new UsageError('A client has either --jwks or --jwks-uri.');
  }
  if ((options.metadata === '-' || options.jwks === '-') && io.stdin.isTTY) {
    io.stderr.write('Type JSON, then end it with Ctrl-D.\n');
  }
  const document = options.metadata === undefined ? {} : await readJson(options.metadata, io.stdin);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new CommandError('invalid_client_metadata', 'Client metadata must be a JSON object.');
  }
  const keys =
    options.jwks === undefined ? {} : { jwks: await readJson(options.jwks, io.stdin), jwks_uri: null };
  const uri = options.jwksUri === undefined ? {} : { jwks: null };
  return { ...document, ...uri, ...keys, ...Object.fromEntries(flags) };
}

/** The labels of a document. What else it may have in their place is refused where it is registered. */
export function labelsOf({ labels }: MetadataDocument): object {
  if (labels === undefined || labels === null) return {};
  if (typeof labels === 'object' && !Array.isArray(labels)) return labels;
  throw new CommandError('invalid_client_metadata', 'labels must be an object of labels.');
}

/** Kept, and never shown again. */
const UNSHOWN = ['client_secret_hash', 'client_secret_expires_at'];

/** Members that were given and are not among the `kept` ones: often a typing error. */
export function ignoredMembers(given: MetadataDocument, kept: object): string[] {
  return Object.keys(given).filter(
    (name) => given[name] !== null && !Object.hasOwn(kept, name) && !UNSHOWN.includes(name),
  );
}
