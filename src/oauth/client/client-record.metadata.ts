import { IsIn, IsObject, IsOptional, IsString, Matches } from 'class-validator';
import { OauthError } from '../oauth.error.js';
import { ClientDescription, TEXT, text } from './client-description.metadata.js';
import type { Labels } from './client.js';
import { refuseIf, says } from './metadata-refusal.js';

const OWNER = /^[^\p{Cc}]{1,255}$/u;
const LABEL_NAME = /^[a-z0-9][a-z0-9._/-]{0,62}$/;
const LABEL_VALUE = OWNER;
const MOST_LABELS = 32;

const owner = says('text of 1 to 255 characters without control characters');
const unsupported = says('false or missing: this server does not bind tokens to a key');

/** What an operator files a client under, and the bindings that this server does not have. */
export class ClientRecord extends ClientDescription {
  @IsOptional()
  @IsString(owner)
  @Matches(OWNER, owner)
  readonly owner?: string;

  @IsOptional()
  @IsString(text)
  @Matches(TEXT, text)
  readonly description?: string;

  /** Names and values. Which ones is checked at registration. */
  @IsOptional()
  @IsObject(says('an object of labels'))
  readonly labels?: Readonly<Record<string, unknown>>;

  /** RFC 9449 §5.2. */
  @IsOptional()
  @IsIn([false], unsupported)
  readonly dpop_bound_access_tokens?: boolean;

  /** RFC 8705 §3.4. */
  @IsOptional()
  @IsIn([false], unsupported)
  readonly tls_client_certificate_bound_access_tokens?: boolean;
}

/** The labels in the order of their names; `undefined` for none. @throws OauthError `invalid_client_metadata` */
export function readLabels(given: Readonly<Record<string, unknown>> = {}): Labels | undefined {
  const entries = Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1));
  refuseIf(entries.length > MOST_LABELS, `labels must be at most ${MOST_LABELS}`);
  const labels: Record<string, string> = {};
  for (const [name, value] of entries) {
    refuseIf(
      !LABEL_NAME.test(name),
      'labels must have names of 1 to 63 characters out of a-z, 0-9, ".", "_", "/" and "-"',
    );
    const text = typeof value === 'string' ? value : '';
    refuseIf(
      !LABEL_VALUE.test(text),
      `labels.${name} must be text of 1 to 255 characters without control characters`,
    );
    labels[name] = text;
  }
  return entries.length === 0 ? undefined : labels;
}

/** The same where they are no client metadata. @throws OauthError `invalid_request` */
export function requestedLabels(given: Readonly<Record<string, unknown>> | undefined): Labels | undefined {
  try {
    return readLabels(given);
  } catch (failure) {
    throw OauthError.invalidRequest(OauthError.from(failure).description);
  }
}
