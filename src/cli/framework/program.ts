import { Argument, Command, CommanderError, Option } from 'commander';
import { ObjDockerError } from '../../errors.ts';
import { didYouMean } from '../../lib/text/suggest.ts';
import { COMMANDS } from '../commands.ts';
import type { ArgumentVector } from './argument-vector.ts';
import type { CommandSpec, OptionSpec } from './command.ts';
import { oneWord } from './command-names.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';

/** What the user asked for: a command with its words and flags, or text to print. */
export type Invocation =
  | {
      readonly kind: 'command';
      readonly spec: CommandSpec;
      readonly args: readonly string[];
      readonly options: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'text'; readonly name: 'help' | 'version'; readonly text: string };

/**
 * Parses an argument vector by the command table.
 *
 * @throws {ObjDockerError} USAGE, with the nearest known name where there is one.
 */
export function parseArguments(vector: ArgumentVector, version: string): Invocation {
  let invocation: Invocation | undefined;
  let printed = '';
  let complained = '';
  const program = new Command('objdocker');
  program
    .description(
      'Builds, pushes and scans a package’s service images from one config.yaml, and looks after containers.',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .commandsGroup('Help:')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ subcommandTerm, showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => (printed += text),
      writeErr: (text) => (complained += text),
    })
    .addHelpText('after', '\nEvery command also takes the options above.');
  for (const option of GLOBAL_OPTIONS) program.addOption(toOption(option));
  for (const spec of COMMANDS) {
    const command = program
      .command(oneWord(spec))
      .summary(spec.summary)
      .description(sentence(spec.summary))
      .usage(['[options]', ...spec.arguments.map(({ name }) => name)].join(' '))
      .aliases(spec.aliases ?? [])
      .helpGroup(`${spec.group}:`)
      .allowExcessArguments(false);
    for (const { name, description } of spec.arguments)
      command.addArgument(new Argument(name.startsWith('[') ? name : `<${name}>`, description));
    for (const option of spec.options) command.addOption(toOption(option));
    command.action((...received: unknown[]) => {
      const args = received
        .slice(0, spec.arguments.length)
        .flat()
        .filter((value) => typeof value === 'string');
      invocation = { kind: 'command', spec, args, options: command.optsWithGlobals() };
    });
  }
  try {
    program.parse(vector.plain, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0)
      return { kind: 'text', name: error.code === 'commander.version' ? 'version' : 'help', text: printed };
    const group = groupOf(vector);
    if (group !== undefined) throw new ObjDockerError('USAGE', group.problem, { hint: group.hint });
    // Without a command commander prints its help as an error: somebody who typed only `objdocker` wants to read it.
    const text =
      error.code === 'commander.help' ? 'no command was given' : firstLine(error.message).replace(/^error: /, '');
    throw new ObjDockerError('USAGE', text, { hint: usageHint(vector, complained) });
  }
  if (invocation === undefined)
    throw new ObjDockerError('USAGE', 'no command was given', { hint: usageHint(vector, '') });
  return invocation;
}

/** What to say to `config` or `config chek`, of which commander knows only that there is no command `config`. */
function groupOf({ command, words }: ArgumentVector): { readonly problem: string; readonly hint: string } | undefined {
  if (command !== undefined) return undefined;
  const [word, next] = words;
  if (word === undefined) return undefined;
  // `config check` and `harbor-repos` may both be written as two words.
  const commands = COMMANDS.filter((spec) => oneWord(spec).startsWith(`${word}-`)).map(({ name }) => name);
  if (commands.length === 0) return undefined;
  const hint = `One of: ${commands.join(', ')}.`;
  if (next === undefined) return { problem: `"${word}" needs a second word`, hint };
  const meant = didYouMean(`${word} ${next}`, commands);
  return { problem: `unknown command "${word} ${next}"${meant}`, hint };
}

/** A command as it is typed: `config check`, and its arguments. */
function subcommandTerm(command: Command): string {
  const spec = COMMANDS.find((known) => oneWord(known) === command.name());
  const words = spec?.arguments.map(({ name }) => name) ?? ['[command]'];
  return [spec?.name ?? command.name(), ...words].join(' ');
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function toOption({ flags, description, repeatable, choices }: OptionSpec): Option {
  const option = new Option(flags, description);
  if (choices !== undefined) option.choices([...choices]);
  if (repeatable) option.argParser((value: string, previous: string[] | undefined) => [...(previous ?? []), value]);
  return option;
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

function usageHint({ command }: ArgumentVector, complained: string): string {
  const nearest = /\(Did you mean [^)]*\)/.exec(complained)?.[0];
  const help = `See \`objdocker ${command === undefined ? '' : `${command.name} `}--help\`.`;
  if (nearest !== undefined) return `${nearest.slice(1, -1)} ${help}`;
  return command === undefined ? `Commands: ${COMMANDS.map(({ name }) => name).join(', ')}. ${help}` : help;
}
