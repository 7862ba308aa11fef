import { InvalidArgumentError, type Command } from 'commander';

export type LabelFlags = Readonly<Record<string, string>>;

/** Adds `--label name=value`, which may be given several times. */
export function addLabelOption(command: Command, description: string): Command {
  return command.option('--label <name=value>', `${description}; may be repeated`, addLabel);
}

function addLabel(word: string, earlier: LabelFlags = {}): LabelFlags {
  const at = word.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be a name and a value: name=value.');
  const name = word.slice(0, at);
  if (Object.hasOwn(earlier, name)) throw new InvalidArgumentError(`The label ${name} is given twice.`);
  return Object.fromEntries([...Object.entries(earlier), [name, word.slice(at + 1)]]);
}

/** The values of an option that may be repeated. */
export function collect(word: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, word];
}
