import { InvalidArgumentError, type Command } from 'commander';

export type LabelFlags = Readonly<Record<string, string>>;

/** Adds `--label name=value`, which may be given several times. */
export function addLabelOption(command: Command, description: string): Command {
  return command.option(
    '--label <name=value>',
    `${description}; may be repeated`,
    (word: string, earlier: LabelFlags = {}) => ({ ...earlier, ...parseLabel(word) }),
  );
}

function parseLabel(word: string): LabelFlags {
  const at = word.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be a name and a value: name=value.');
  return Object.fromEntries([[word.slice(0, at), word.slice(at + 1)]]);
}

/** The values of an option that may be repeated. */
export function collect(word: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, word];
}
