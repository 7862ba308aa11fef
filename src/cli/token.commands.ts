import type { Command } from 'commander';
import type { TokenInformation } from 'nestjs-oauth-kit';
import type { Cli, JsonOption } from './cli.js';
import { isoTime } from './output.js';
import { addPageOptions, readPages, remarkOnNext, type PageOptions } from './pages.js';

/** `token list|revoke`. */
export function addTokenCommands(cli: Cli, tokens: Command): void {
  addPageOptions(
    cli
      .command(
        tokens,
        'list',
        'List the opaque access tokens of a client that are alive. Of JWTs nothing is stored.',
        'token list my-client',
      )
      .argument('<client>', 'client_id'),
  ).action((clientId: string, options: PageOptions & JsonOption) => list(cli, clientId, options));

  cli
    .command(
      tokens,
      'revoke',
      'End one access token of a client, of either format. client revoke-tokens ends all of them.',
      'token revoke my-client TOKEN_ID',
    )
    .argument('<client>', 'client_id')
    .argument('<token-id>', 'jti of the token, as token list or an event tells it')
    .action((clientId: string, tokenId: string, options: JsonOption) =>
      revoke(cli, clientId, tokenId, options),
    );
}

async function list(cli: Cli, clientId: string, options: PageOptions & JsonOption): Promise<void> {
  const { output } = cli;
  const part = await cli.administer((admin) =>
    readPages(options, async (page) => {
      const { tokens: items, next } = await admin.tokens.list(clientId, page);
      return { items, next };
    }),
  );
  if (options.json) output.json(part.items.map(tokenJson));
  else if (part.items.length === 0) output.remark('The client has no opaque tokens.');
  else printTokens(cli, part.items);
  remarkOnNext(output, options, part);
}

async function revoke(cli: Cli, clientId: string, tokenId: string, { json }: JsonOption): Promise<void> {
  await cli.administer((admin) => admin.tokens.revoke(clientId, tokenId));
  if (json) cli.output.json({ client_id: clientId, token_id: tokenId, revoked: true });
  else cli.output.line(`Token ${tokenId} of client ${clientId} revoked.`);
}

function printTokens({ output }: Cli, tokens: readonly TokenInformation[]): void {
  output.table(
    ['TOKEN ID', 'AUDIENCE', 'SCOPE', 'ISSUED', 'EXPIRES'],
    tokens.map(({ id, audience, scope, issuedAt, expiresAt }) => [
      id,
      audience,
      scope.join(' '),
      isoTime(issuedAt),
      isoTime(expiresAt),
    ]),
  );
}

function tokenJson({ id, audience, scope, issuedAt, expiresAt }: TokenInformation): object {
  return { id, audience, scope: scope.join(' '), issued_at: issuedAt, expires_at: expiresAt };
}
