import { OauthError } from '../oauth.error.js';
import type { OauthRequest } from '../oauth.request.js';
import { singleHeader } from './headers.js';

const FORM = 'application/x-www-form-urlencoded';
const UTF_8_PARAMETER = /^charset=(?:utf-8|"utf-8")$/;

/** RFC 6749 Appendix B: a form, in UTF-8. Checked before a byte of the body is read. */
export function requireForm(request: OauthRequest): void {
  const contentType = singleHeader(request, 'content-type');
  const [type, ...parameters] = (contentType ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  if (type !== FORM) {
    throw OauthError.invalidRequest(`The request must have the content type ${FORM}.`);
  }
  if (parameters.some((parameter) => parameter.startsWith('charset') && !UTF_8_PARAMETER.test(parameter))) {
    throw OauthError.invalidRequest('The request must be encoded in UTF-8.');
  }
  const encoding = singleHeader(request, 'content-encoding')?.trim().toLowerCase();
  if (encoding && encoding !== 'identity') {
    throw OauthError.invalidRequest('The request body must not be compressed.', { status: 415 });
  }
}
