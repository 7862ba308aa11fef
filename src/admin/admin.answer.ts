/** What the API answers. */
export interface AdminAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

export const NO_CONTENT: AdminAnswer = { status: 204 };

export function ok(body: object, headers: Readonly<Record<string, string>> = {}): AdminAnswer {
  return { status: 200, headers, body };
}

export function created(body: object, headers: Readonly<Record<string, string>> = {}): AdminAnswer {
  return { status: 201, headers, body };
}

/** RFC 9110 §8.8.3: which revision of it this is. What has none is not changed here. */
export function revisionTag(revision: number | undefined): Record<string, string> {
  return revision === undefined ? {} : { ETag: `"${revision}"` };
}
