/** RFC 6749 Appendix A.1: printable ASCII. The length is the kit's, so that an id fits an index everywhere. */
export const CLIENT_ID = /^[\x20-\x7e]{1,255}$/;

/** What no URL can have as a segment of its path, however it is encoded: RFC 3986 §5.2.4, and the URL Standard. */
export const DOT_SEGMENT = /^\.{1,2}$/;

/** A `client_secret` may hold any printable character; control characters never reach a header or a log. */
export const CLIENT_SECRET = /^[^\p{Cc}]{1,1024}$/u;
