import 'reflect-metadata';
import { callCommand, demoText } from './demo-client.js';
import { endTogether, requireFree, startProgram, untilAnswered } from './processes.js';
import { prepareClients, type ReportsClients } from './reports-clients.js';
import { readSettings } from './settings.js';

/** The authorization server and the reports, each in a process of its own, with the clients that they need. */
async function start(): Promise<void> {
  process.env['REPORTS_URL'] ||= 'http://127.0.0.1:3001';
  const { issuer, host, port, reportsUrl = '' } = readSettings();
  const own = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  for (const url of [own, reportsUrl]) await requireFree(url);
  const clients = await prepareClients(reportsUrl);
  const env: NodeJS.ProcessEnv = { ...process.env, ISSUER: issuer, REPORTS_URL: reportsUrl };
  const programs = [startProgram('main.js', env), startProgram('reports/main.js', reportsEnv(env, clients))];
  const answers = Promise.all([own, reportsUrl].map(untilAnswered));
  void answers.then(() => console.log(`\n${text(issuer, reportsUrl, clients)}`));
  process.exit(await endTogether(programs));
}

/** The reports need nothing that opens the authorization server. */
function reportsEnv(env: NodeJS.ProcessEnv, { reportsKey }: ReportsClients): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(
    ([name]) => !/^(DATABASE|KEY_ENCRYPTION|SIGNING_KEYS)_/.test(name),
  );
  return {
    ...Object.fromEntries(others),
    REPORTS_CLIENT_ID: 'reports',
    REPORTS_CLIENT_KEY: reportsKey,
  };
}

function text(issuer: string, reportsUrl: string, { demo }: ReportsClients): string {
  const client = demo ?? { id: 'demo', secret: '<its secret>' };
  return [
    ...(demo ? [demoText(issuer, demo)] : []),
    'Call the reports:',
    '',
    `  ${callCommand(issuer, client, `${reportsUrl}/reports/sales`, 'sales:read')}`,
    '',
    `  ${callCommand(issuer, client, `${reportsUrl}/reports/audit`, 'audit:read')}`,
    '',
    'Call everything, as cron would:',
    '',
    `  ISSUER=${issuer} REPORTS_URL=${reportsUrl} CLIENT_ID=${client.id} CLIENT_SECRET='${client.secret}' npm run --silent cron-job`,
    '',
  ].join('\n');
}

start().catch((failure: unknown) => {
  console.error(`Nothing was started: ${failure instanceof Error ? failure.message : String(failure)}`);
  process.exit(1);
});
