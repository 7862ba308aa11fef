/** The environment of the reports, read once. See the table in the README. */
export interface ReportsSettings {
  readonly issuer: string;
  /** What clients reach the reports by; its host and port are listened on. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly httpAdapter: 'express' | 'fastify';
  /** Who the reports are to the issuer. */
  readonly clientId: string;
  /** A private JWK or PEM. */
  readonly clientKey: string;
}

export function readSettings(env: NodeJS.ProcessEnv = process.env): ReportsSettings {
  const httpAdapter = env['HTTP_ADAPTER'] || 'express';
  if (httpAdapter !== 'express' && httpAdapter !== 'fastify') {
    throw new Error(`HTTP_ADAPTER is "${httpAdapter}", it must be express or fastify`);
  }
  const clientKey = env['REPORTS_CLIENT_KEY'];
  if (!clientKey) throw new Error('REPORTS_CLIENT_KEY is missing, it must be a private JWK or PEM');
  return {
    issuer: env['ISSUER'] || 'http://127.0.0.1:3000',
    ...readAddress(env['REPORTS_URL'] || 'http://127.0.0.1:3001'),
    httpAdapter,
    clientId: env['REPORTS_CLIENT_ID'] || 'reports',
    clientKey,
  };
}

function readAddress(text: string): Pick<ReportsSettings, 'url' | 'host' | 'port'> {
  const url = text.replace(/\/$/, '');
  const { origin, hostname, port } = URL.canParse(url) ? new URL(url) : new URL('about:blank');
  // The URL is part of the audiences, which are compared exactly.
  if (origin !== url || !url.startsWith('http:')) {
    throw new Error(`REPORTS_URL is "${text}", it must be http://HOST:PORT`);
  }
  return { url, host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 80) };
}
