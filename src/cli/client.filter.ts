import { Option, type Command } from 'commander';
import type { ClientFilter } from 'nestjs-oauth-kit';
import { addLabelOption, type LabelFlags } from './labels.js';

/** Which clients, on the command line. */
export interface FilterOptions {
  readonly search?: string;
  readonly owner?: string;
  readonly label?: LabelFlags;
  readonly enabled?: boolean;
  readonly disabled?: boolean;
}

export function addFilterOptions(command: Command): Command {
  const filtered = command
    .option('--search <text>', 'only those with this in the id, the name, the owner or the description')
    .option('--owner <owner>', 'only those of this owner');
  return addLabelOption(filtered, 'only those with this label')
    .option('--enabled', 'only those that are enabled')
    .addOption(new Option('--disabled', 'only those that are disabled').conflicts('enabled'));
}

export function toFilter({ search, owner, label, enabled, disabled }: FilterOptions): ClientFilter {
  return {
    ...(search !== undefined && { search }),
    ...(owner !== undefined && { owner }),
    ...(label && { labels: label }),
    ...(enabled && { enabled: true }),
    ...(disabled && { enabled: false }),
  };
}
