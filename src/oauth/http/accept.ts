import type { OauthRequest } from '../oauth.request.js';

/** Whether the Accept header names this media type, and does not prefer the other one (RFC 9110 §12.5.1). */
export function prefers(request: OauthRequest, type: string, to: string): boolean {
  const weights = new Map(rangesIn(request).map(({ range, weight }) => [range, weight]));
  const weight = weights.get(type) ?? 0;
  return weight > 0 && weight >= (weights.get(to) ?? 0);
}

function rangesIn({ headers }: OauthRequest): { readonly range: string; readonly weight: number }[] {
  return [headers['accept'] ?? []]
    .flat()
    .flatMap((line) => line.split(','))
    .map((item) => {
      const [range = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
      return { range, weight: Number(weight) || 0 };
    });
}
