import { answers, startProgram, untilReady, type SampleProgram } from '../../support/sample-app.js';

export interface Reports extends SampleProgram {
  readonly url: string;
}

export interface ReportsOptions {
  readonly url: string;
  readonly issuer: string;
  /** The private key of the client `reports`. */
  readonly key: string;
  readonly httpAdapter: string;
}

/** Starts the built reports as a process of their own, and waits until they answer. */
export async function startReports({ url, issuer, key, httpAdapter }: ReportsOptions): Promise<Reports> {
  const program = startProgram('reports/main.js', {
    ISSUER: issuer,
    REPORTS_URL: url,
    REPORTS_CLIENT_KEY: key,
    HTTP_ADAPTER: httpAdapter,
  });
  await untilReady(program, () => answers(url));
  return { ...program, url };
}
