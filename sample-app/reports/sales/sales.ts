/** What each client has sold. */
export const SALES = [
  { client: 'demo', month: '2026-09', total: 1250 },
  { client: 'demo', month: '2026-10', total: 1410 },
  { client: 'web-shop', month: '2026-09', total: 8320 },
  { client: 'web-shop', month: '2026-10', total: 7980 },
] as const;
