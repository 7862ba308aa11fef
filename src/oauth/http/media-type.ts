import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';
import { singleHeader } from './headers.js';

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';
const UTF_8_PARAMETER = /^charset=(?:utf-8|"utf-8")$/;

/** RFC 6749 Appendix B: a form, in UTF-8. Checked before a byte of the body is read. */
export function requireForm(request: OauthRequest): void {
  requireType(request, FORM);
}

/** RFC 7591 §3.1: JSON, in UTF-8. Likewise. */
export function requireJson(request: OauthRequest): void {
  requireType(request, JSON_TYPE);
}

function requireType(request: OauthRequest, wanted: string): void {
  const contentType = singleHeader(request, 'content-type');
  const [type, ...parameters] = (contentType ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  if (type !== wanted) {
    throw OauthError.invalidRequest(`The request must have the content type ${wanted}.`);
  }
  if (parameters.some((parameter) => parameter.startsWith('charset') && !UTF_8_PARAMETER.test(parameter))) {
    throw OauthError.invalidRequest('The request must be encoded in UTF-8.');
  }
  const encoding = singleHeader(request, 'content-encoding')?.trim().toLowerCase();
  if (encoding && encoding !== 'identity') {
    throw OauthError.invalidRequest('The request body must not be compressed.', { status: 415 });
  }
}
