import { COMMANDS } from './commands.ts';
import { readArgumentVector } from './framework/argument-vector.ts';
import { type Invocation, parseArguments } from './framework/parse-arguments.ts';

/** Every command line of `objdocker` in the strings of a value, as in the scripts of a YAML file. */
export function commandLines(value: unknown): string[] {
  if (typeof value === 'string') return value.split('\n').filter((line) => line.startsWith('objdocker '));
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(commandLines) : [];
}

/** Parses one command line; a redirection, or `<(…)` around it, is the shell's. */
export function parseCommandLine(line: string): Extract<Invocation, { kind: 'command' }> {
  const [, own = ''] = /objdocker ([^()<>|]*)/.exec(line) ?? [];
  const words = [...own.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const invocation = parseArguments(readArgumentVector(words, COMMANDS), { commands: COMMANDS, version: '0.0.0' });
  if (invocation.kind !== 'command') throw new Error(`not a command: ${line}`);
  return invocation;
}
