import type { ImportPlan } from 'nestjs-oauth-kit';
import type { Output } from './output.js';

/** In text, so many of each kind are named. */
const MOST_NAMED = 20;

/** All of an import as JSON; `imported` tells whether it was done. */
export function importJson(plan: ImportPlan, imported: boolean): object {
  return {
    imported,
    created: plan.created,
    updated: plan.updated.map(({ clientId, changed }) => ({ client_id: clientId, changed })),
    unchanged: plan.unchanged,
    refused: plan.refused.map(({ line, clientId, code, description }) => ({
      line,
      ...(clientId !== undefined && { client_id: clientId }),
      error: code,
      error_description: description,
    })),
    ignored_members: plan.ignored,
    without_secret: plan.withoutSecret,
    secrets_kept: plan.secretsKept,
  };
}

export function printImport(output: Output, plan: ImportPlan, imported: boolean): void {
  const { created, updated, unchanged, refused, ignored, withoutSecret, secretsKept } = plan;
  printNamed(output, imported ? 'Created' : 'Would create', created);
  printNamed(
    output,
    imported ? 'Updated' : 'Would update',
    updated.map(({ clientId, changed }) => `${clientId}: ${changed.join(', ')}`),
  );
  output.line(`Unchanged: ${unchanged}`);
  printNamed(
    output,
    'Refused',
    refused.map(({ line, clientId, description }) => {
      const client = clientId === undefined ? '' : ` (${clientId})`;
      return `line ${line}${client}: ${description}`;
    }),
  );
  const names = Object.entries(ignored).map(([name, lines]) => `${name} (${lines})`);
  if (names.length > 0)
    output.warn(`ignored members, with the number of lines: ${shortened(names).join(', ')}`);
  if (withoutSecret.length > 0) {
    const clients = shortened(withoutSecret).join(', ');
    output.warn(`without a secret, until it is rotated (client rotate-secret): ${clients}`);
  }
  if (secretsKept.length > 0) {
    const keep =
      secretsKept.length === 1
        ? '1 client keeps the secrets that it has'
        : `${secretsKept.length} clients keep the secrets that they have`;
    const clients = shortened(secretsKept).join(', ');
    output.warn(`${keep} (client rotate-secret gives a new one): ${clients}`);
  }
}

function printNamed(output: Output, title: string, names: readonly string[]): void {
  output.line(`${title}: ${names.length}`);
  for (const name of shortened(names)) output.line(`  ${name}`);
}

function shortened(names: readonly string[]): readonly string[] {
  if (names.length <= MOST_NAMED) return names;
  return [...names.slice(0, MOST_NAMED), `… and ${names.length - MOST_NAMED} more`];
}
