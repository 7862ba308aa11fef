import { NestFactory } from '@nestjs/core';
import type { INestApplicationContext } from '@nestjs/common';
import { OauthAdmin } from 'nestjs-oauth-kit';
import { CommandError, reason, UsageError } from './failure.js';
import { HostLogger } from './host.logger.js';
import type { TextSink } from './io.js';
import { clean } from './output.js';
import { loadRootModule } from './root-module.js';

/** Which application, and which of its authorization servers. */
export interface HostOptions {
  readonly app: string;
  readonly issuer?: string;
}

/** Boots the host's own module, without a web server, for as long as `work` takes. */
export async function withAdmin<T>(
  { app, issuer }: HostOptions,
  stderr: TextSink,
  work: (admin: OauthAdmin) => Promise<T>,
): Promise<T> {
  const context = await NestFactory.createApplicationContext(await loadRootModule(app), {
    logger: new HostLogger(stderr),
    abortOnError: false,
  });
  try {
    return await work(chooseAdmin(findAdmins(context, app), issuer));
  } finally {
    await context.close().catch((cause: unknown) => {
      stderr.write(clean(`warning: the app did not close properly: ${reason(cause)}`) + '\n');
    });
  }
}

function findAdmins(context: INestApplicationContext, app: string): OauthAdmin[] {
  try {
    return context.get(OauthAdmin, { strict: false, each: true });
  } catch {
    throw new CommandError(
      'invalid_app',
      `The module of ${app} does not import OauthModule, or imports it from another copy of nestjs-oauth-kit ` +
        'than the one that this command belongs to.',
    );
  }
}

function chooseAdmin(admins: readonly OauthAdmin[], issuer: string | undefined): OauthAdmin {
  const issuers = [...new Set(admins.map((admin) => admin.issuer))];
  const wanted = issuer ?? (issuers.length === 1 ? issuers[0] : undefined);
  const chosen = admins.find((admin) => admin.issuer === wanted);
  if (chosen) return chosen;
  const problem = issuer === undefined ? 'The app has several issuers' : `The app has no issuer ${issuer}`;
  throw new UsageError(`${problem}, choose one: ${issuers.map((each) => `--issuer ${each}`).join(', ')}`);
}
