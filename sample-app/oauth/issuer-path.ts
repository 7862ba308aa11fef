/** The path of an issuer that has one, such as `/tenant`: everything is served below it. '' for one without. */
export function issuerPath(issuer = ''): string {
  return URL.canParse(issuer) ? new URL(issuer).pathname.replace(/\/$/, '') : '';
}
