import type { IssuerResponse } from './issuer-http.js';
import { parseJsonDocument } from './json-document.js';

/** The members of RFC 7662 §2.2, nothing of them checked yet. */
export type IntrospectedDocument = Readonly<Record<string, unknown>>;

/** One of the forms in which an introspection endpoint answers. */
export interface IntrospectionAnswers {
  /** What the request accepts. */
  readonly mediaType: string;
  /** Fails on what is not an answer that the issuer has given in this form. */
  read(body: Uint8Array): IntrospectedDocument | Promise<IntrospectedDocument>;
}

/** RFC 7662 §2.2. */
export class JsonAnswers implements IntrospectionAnswers {
  readonly mediaType = 'application/json';

  read(body: Uint8Array): IntrospectedDocument {
    return parseJsonDocument(body, 'The introspection response');
  }
}

/** Whether this is the media type of the response, whatever its parameters (RFC 9110 §8.3.1). */
export function isOfType({ contentType = '' }: IssuerResponse, mediaType: string): boolean {
  return contentType.split(';', 1)[0]?.trim().toLowerCase() === mediaType;
}
