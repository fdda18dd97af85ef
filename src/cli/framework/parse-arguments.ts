import { Argument, Command, CommanderError, Option } from 'commander';
import { ObjDockerError } from '../../errors.ts';
import { didYouMean } from '../../lib/text/suggest.ts';
import type { ArgumentVector } from './argument-vector.ts';
import {
  type CommandExample,
  type CommandSpec,
  hyphenatedName,
  longNames,
  type OptionSpec,
  takesValue,
} from './command.ts';
import { quoted } from './option-values.ts';
import { GLOBAL_OPTIONS, HELP_OPTION, VERSION_OPTION } from './options.ts';

/** What the user requested: a command with its arguments and options, or text to print. */
export type Invocation =
  | {
      readonly kind: 'command';
      readonly spec: CommandSpec;
      readonly args: readonly string[];
      readonly options: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'text'; readonly name: 'help' | 'version'; readonly text: string };

export interface ProgramOptions {
  readonly commands: readonly CommandSpec[];
  readonly version: string;
  /** The width of the terminal that help is printed on. @default 80 */
  readonly columns?: number | undefined;
}

const DESCRIPTION = "Build, push, scan and release a package's service images from one config.yaml.";

/** What the help of `objdocker` itself begins with. */
export const EXAMPLES: readonly CommandExample[] = [
  { command: 'objdocker init', comment: 'write config.yaml and a Dockerfile for a new project' },
  { command: 'objdocker pipeline', comment: 'build, push, scan, evaluate and release' },
  { command: 'objdocker logs --follow web' },
];

/**
 * Parses an argument vector by the command table.
 *
 * @throws {ObjDockerError} USAGE, with the nearest known name where there is one.
 */
export function parseArguments(vector: ArgumentVector, options: ProgramOptions): Invocation {
  const { commands, version } = options;
  const group = readGroup(vector, options);
  if (group !== undefined) return group;
  let invocation: Invocation | undefined;
  let printed = '';
  let errors = '';
  const program = createProgram('objdocker', options)
    .version(version, VERSION_OPTION.flags, VERSION_OPTION.description)
    .commandsGroup('Help:')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('before', introduction(DESCRIPTION, EXAMPLES))
    .addHelpText('after', '\nEvery command also takes the options above.')
    .exitOverride()
    .configureOutput({
      getOutHelpWidth: () => options.columns ?? 80,
      writeOut: (text) => (printed += text),
      writeErr: (text) => (errors += text),
    });
  for (const option of GLOBAL_OPTIONS) program.addOption(toOption(option));
  for (const spec of commands) {
    const command = addCommand(program, spec);
    command.action((...received: unknown[]) => {
      const args = received
        .slice(0, spec.arguments.length)
        .flat()
        .filter((value) => typeof value === 'string');
      invocation = { kind: 'command', spec, args, options: command.optsWithGlobals() };
    });
  }
  try {
    program.parse(vector.normalized, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0)
      return { kind: 'text', name: error.code === 'commander.version' ? 'version' : 'help', text: printed };
    // Without a command commander prints its help as an error. As with docker and gh, it is what the user wants to read.
    if (error.code === 'commander.help') return { kind: 'text', name: 'help', text: errors };
    throw new ObjDockerError('USAGE', usageMessage(error), { hint: usageHint(vector, errors) });
  }
  if (invocation === undefined) throw new Error('commander ran no command and reported no error');
  return invocation;
}

/** Handles words that begin with no command: the help of a group (`harbor`), or the error for an unknown word. */
function readGroup({ command, words, requestsHelp }: ArgumentVector, options: ProgramOptions): Invocation | undefined {
  const [word, next] = words;
  if (command !== undefined || word === undefined || (word === 'help' && next === undefined)) return undefined;
  const subcommands = options.commands.filter((spec) => hyphenatedName(spec).startsWith(`${word}-`));
  const names = subcommands.map(({ name }) => name);
  if (names.length === 0) {
    const known = options.commands.flatMap((spec) => [spec.name, hyphenatedName(spec), ...(spec.aliases ?? [])]);
    const groups = known.flatMap((name) => (/[ -]/.test(name) ? [name.split(/[ -]/, 1)[0] ?? ''] : []));
    const meant = didYouMean(words.slice(0, 2).join(' '), known) || didYouMean(word, [...known, ...groups, 'help']);
    throw new ObjDockerError('USAGE', `unknown command "${word}"${meant}`, {
      hint: 'List all commands with: objdocker --help',
    });
  }
  if (next === undefined && requestsHelp)
    return { kind: 'text', name: 'help', text: groupHelp(word, subcommands, options) };
  const hint = `One of: ${names.join(', ')}. See: objdocker ${word} --help`;
  if (next === undefined) throw new ObjDockerError('USAGE', `missing subcommand for "${word}"`, { hint });
  // Two words stay two words: `harbor reops` is nearest to `harbor-repos`, but `config chek` to `config check`.
  const meant = didYouMean(`${word} ${next}`, names);
  throw new ObjDockerError('USAGE', `unknown command "${word} ${next}"${meant}`, { hint });
}

function groupHelp(word: string, subcommands: readonly CommandSpec[], options: ProgramOptions): string {
  const program = createProgram(`objdocker ${word}`, options)
    .usage('<subcommand> [options]')
    .helpCommand(false)
    .configureOutput({ getOutHelpWidth: () => options.columns ?? 80 });
  for (const spec of subcommands) addCommand(program, spec).helpGroup('Commands:');
  const examples = subcommands.flatMap((spec) => spec.examples.slice(0, 1)).slice(0, 3);
  const intro = introduction(`Commands of the group "${word}".`, examples);
  return `${intro}\n${program.helpInformation()}\nSee the help of a command: objdocker help ${subcommands[0]?.name ?? ''}\n`;
}

function createProgram(name: string, { commands }: ProgramOptions): Command {
  const subcommandTerm = (command: Command): string => {
    const spec = commands.find((known) => hyphenatedName(known) === command.name());
    const words = spec?.arguments.map((argument) => argument.name) ?? ['[command]'];
    return [spec?.name ?? command.name(), ...words].join(' ');
  };
  return new Command(name)
    .helpOption(HELP_OPTION.flags, HELP_OPTION.description)
    .configureHelp({ subcommandTerm, showGlobalOptions: true });
}

function addCommand(program: Command, spec: CommandSpec): Command {
  const command = program
    .command(hyphenatedName(spec))
    .summary(spec.summary)
    .usage(['[options]', ...spec.arguments.map(({ name }) => name)].join(' '))
    .aliases(spec.aliases ?? [])
    .helpGroup(`${spec.helpGroup}:`)
    .allowExcessArguments(false)
    .addHelpText('before', introduction(sentence(spec.summary), spec.examples));
  for (const { name, description } of spec.arguments)
    command.addArgument(new Argument(name.startsWith('[') ? name : `<${name}>`, description));
  for (const option of spec.options) command.addOption(toOption(option));
  return command;
}

/** What help begins with: one line of what it does, then examples. */
function introduction(description: string, examples: readonly CommandExample[]): string {
  const lines = examples.flatMap(({ command, comment }) => [
    ...(comment === undefined ? [] : [`  # ${comment}`]),
    `  ${command}`,
  ]);
  return `${[description, '', 'Examples:', ...lines].join('\n')}\n`;
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

function toOption(spec: OptionSpec): Option {
  const { flags, description, repeatable, choices } = spec;
  const option = new Option(flags, description);
  if (choices !== undefined) option.choices([...choices]);
  if (!takesValue(spec)) return option;
  return option.argParser((value: string, previous: string | string[] | undefined) => {
    if (choices !== undefined && !choices.includes(value)) throw notAChoice(spec, value, choices);
    if (spec.dash === 'nothing' && /^(.*=)?-$/.test(value)) throw notAStream(spec);
    if (repeatable) return [...(Array.isArray(previous) ? previous : []), value];
    if (previous !== undefined) throw givenTwice(spec, String(previous), value);
    return value;
  });
}

function notAChoice(spec: OptionSpec, value: string, choices: readonly string[]): ObjDockerError {
  const message = `${nameOf(spec)} cannot be ${quoted(value)}${didYouMean(value, choices)}`;
  return new ObjDockerError('USAGE', message, { hint: `One of: ${choices.join(', ')}.` });
}

function givenTwice(spec: OptionSpec, first: string, second: string): ObjDockerError {
  const values = [first, second].map(quoted).join(' and ');
  return new ObjDockerError('USAGE', `${nameOf(spec)} is given twice: ${values}`, { hint: 'Give one of them.' });
}

function notAStream(spec: OptionSpec): ObjDockerError {
  return new ObjDockerError('USAGE', `${nameOf(spec)} cannot be "-", which would be standard input or output`, {
    hint: 'Give a path. A file of that name is ./-',
  });
}

function nameOf(spec: OptionSpec): string {
  return longNames(spec)[0] ?? spec.flags;
}

/** Commander's message, with the quotes of all other messages. */
function usageMessage({ message }: CommanderError): string {
  const [firstLine = ''] = message
    .replace(/^error: /, '')
    .replace(/'(.*)'/s, (_, text: string) => quoted(text))
    .split('\n', 1);
  return firstLine;
}

function usageHint({ command }: ArgumentVector, errors: string): string {
  const nearest = /\((Did you mean [^)]*)\)/.exec(errors)?.[1];
  const help = `See: objdocker ${command === undefined ? '' : `${command.name} `}--help`;
  return nearest === undefined ? help : `${nearest} ${help}`;
}
