/** What a handler asks of a token. */
export interface RequiredAccess {
  /** Every one of these scopes. */
  readonly allOf: readonly string[];
  /** Of each of these lists, at least one scope. */
  readonly anyOf: readonly (readonly string[])[];
  /**
   * Identifiers, or paths below the issuer, of the resource servers that the handler belongs to: a token is for one of
   * them. Empty: the scopes tell.
   */
  readonly resources: readonly string[];
}

/** Whether these scopes are enough. Scopes are compared exactly: `read` is not `read:all` (RFC 6749 §3.3). */
export function meets(scopes: readonly string[], { allOf, anyOf }: RequiredAccess): boolean {
  return (
    allOf.every((scope) => scopes.includes(scope)) &&
    anyOf.every((list) => list.some((scope) => scopes.includes(scope)))
  );
}
