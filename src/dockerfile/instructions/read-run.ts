import { joinWords } from '../../lib/text/words.ts';
import { show, ValueError } from '../problem.ts';
import type { ParsedInstruction } from '../syntax/parse.ts';
import { lowerCase } from '../syntax/text.ts';
import { readBoolean } from '../values/go-values.ts';
import { csvFields } from './csv.ts';
import { type KnownFlags, readFlags } from './flags.ts';
import type { RunInstruction, RunMount } from './instruction.ts';
import { readRunMount } from './mounts.ts';

const FLAGS: KnownFlags = new Map([
  ['mount', 'values'],
  ['network', 'value'],
  ['security', 'value'],
  ['device', 'values'],
]);
const NETWORKS = ['default', 'none', 'host'];
const SECURITY = ['sandbox', 'insecure'];

const NO_MOUNTS: readonly RunMount[] = [];

/** The mounts of a file that were read, by their text: many RUNs have the same. */
export type KnownMounts = Map<string, RunMount>;

/** @throws {ValueError} */
export function readRun(parsed: ParsedInstruction, known: KnownMounts): RunInstruction {
  const flags = readFlags(parsed.flags, FLAGS);
  const { line, endLine } = parsed;
  if (parsed.flags.length === 0) return { keyword: 'RUN', line, endLine, parsed, flags, mounts: NO_MOUNTS };
  const mounts = flags.values('mount').map((flag) => mountOf(flag, known));
  oneOf('network', flags.value('network'), NETWORKS);
  oneOf('security', flags.value('security'), SECURITY);
  for (const device of flags.values('device')) checkDevice(device);
  return { keyword: 'RUN', line, endLine, parsed, flags, mounts };
}

function mountOf(flag: string, known: KnownMounts): RunMount {
  const mount = known.get(flag) ?? readRunMount(flag);
  known.set(flag, mount);
  return mount;
}

function oneOf(flag: string, value: string | undefined, known: readonly string[]): void {
  if (value !== undefined && !known.includes(value))
    throw new ValueError(`RUN --${flag} cannot be ${show(value)}`, `Use ${joinWords(known, 'or')}.`);
}

/** `vendor.com/class=name`, or `name=…`; with `required`. */
function checkDevice(value: string): void {
  let name = '';
  for (const field of csvFields(value)) {
    const equals = field.indexOf('=');
    const key = lowerCase(equals < 0 ? field : field.slice(0, equals));
    if (key === 'required') {
      if (equals >= 0) readBoolean(field.slice(equals + 1), 'required of RUN --device');
    } else if (equals >= 0 && key === 'name') {
      if (name !== '') throw new ValueError('RUN --device has two names', 'Write one --device for each.');
      name = field.slice(equals + 1);
    } else if (name === '') name = field;
    else throw new ValueError(`RUN --device has the unknown field ${show(field)}`, 'Use name and required.');
  }
}
