import { joinWords } from '../../lib/text/words.ts';
import { show, ValueError } from '../problem.ts';
import type { ParsedInstruction } from '../syntax/parse.ts';
import { equalFold, lowerCase, trimSpace, upperCase } from '../syntax/text.ts';
import { readDuration, readInteger } from '../values/go-values.ts';
import { type KnownFlags, readFlags } from './flags.ts';
import {
  type ArgInstruction,
  type FromInstruction,
  type OnbuildInstruction,
  type OtherInstruction,
  type PairsInstruction,
  textsOf,
} from './instruction.ts';

const FROM_FLAGS: KnownFlags = new Map([['platform', 'value']]);
const STAGE_NAME = /^[a-z][a-z0-9-_.]*$/;

/** @throws {ValueError} */
export function readFrom(parsed: ParsedInstruction): FromInstruction {
  const [base, as, written, ...more] = textsOf(parsed);
  const isPair = as !== undefined && written !== undefined && more.length === 0 && equalFold(as, 'as');
  if (base === undefined || (as !== undefined && !isPair))
    throw new ValueError(
      'FROM has the wrong number of words',
      'Write "FROM image" or "FROM image AS name"; a comment goes on a line of its own.',
    );
  const name = written === undefined ? undefined : lowerCase(written);
  if (name !== undefined && !STAGE_NAME.test(name))
    throw new ValueError(
      `${show(written ?? '')} cannot be the name of a stage`,
      'Start it with a letter; letters, digits and . _ - can follow.',
    );
  const platform = readFlags(parsed.flags, FROM_FLAGS).value('platform');
  const { line, endLine } = parsed;
  return {
    keyword: 'FROM',
    line,
    endLine,
    parsed,
    base,
    ...(name === undefined ? {} : { name }),
    ...(platform === undefined || platform === '' ? {} : { platform }),
  };
}

/** @throws {ValueError} */
export function readArg(parsed: ParsedInstruction): ArgInstruction {
  const words = textsOf(parsed);
  if (words.length === 0) throw new ValueError('ARG has no name', 'Write "ARG NAME" or "ARG NAME=default".');
  const args = words.map((word) => {
    const equals = word.indexOf('=');
    if (equals === 0) throw new ValueError(`${show(word)} has no name before the "="`, 'Write "ARG NAME=default".');
    return equals < 0 ? { name: word } : { name: word.slice(0, equals), default: word.slice(equals + 1) };
  });
  const { line, endLine } = parsed;
  return { keyword: 'ARG', line, endLine, parsed, args };
}

/** @throws {ValueError} */
export function readPairs(parsed: ParsedInstruction, keyword: 'ENV' | 'LABEL'): PairsInstruction {
  readFlags(parsed.flags);
  if (parsed.pairs.length === 0) throw new ValueError(`${keyword} has no name`, `Write "${keyword} NAME=value".`);
  if (parsed.pairs.some(({ name }) => name === ''))
    throw new ValueError(`${keyword} has a value without a name`, `Write "${keyword} NAME=value".`);
  const { line, endLine, pairs } = parsed;
  return { keyword, line, endLine, parsed, pairs };
}

const NO_TRIGGER = ['ONBUILD', 'FROM', 'MAINTAINER'];

/** @throws {ValueError} */
export function readOnbuild(parsed: ParsedInstruction): OnbuildInstruction {
  const { trigger, source, heredocs, line, endLine } = parsed;
  if (trigger === undefined) throw new ValueError('ONBUILD has no instruction', 'Write "ONBUILD COPY . /app".');
  readFlags(parsed.flags);
  const keyword = upperCase(trimSpace(trigger.written.text));
  if (NO_TRIGGER.includes(keyword))
    throw new ValueError(
      `ONBUILD cannot trigger ${keyword}`,
      `Use another instruction than ${joinWords(NO_TRIGGER, 'or')}.`,
    );
  const expression = source.text.replace(/^[\t\n\f\r ]*ONBUILD[\t\n\f\r ]*/iu, '');
  const bodies = heredocs.map(({ name, content }) => `\n${content}${name}`);
  return { keyword: 'ONBUILD', line, endLine, parsed, trigger: expression + bodies.join('') };
}

type Other = OtherInstruction['keyword'];

/** @throws {ValueError} */
export function readOther(parsed: ParsedInstruction, keyword: Other): OtherInstruction {
  const words = textsOf(parsed);
  const [first] = words;
  if (keyword === 'HEALTHCHECK') checkHealthcheck(parsed, words);
  else if (keyword !== 'STOPSIGNAL') readFlags(parsed.flags);
  const example = NEEDS_VALUE[keyword];
  if (example !== undefined && first === undefined)
    throw new ValueError(`${keyword} has no value`, `Write it as in "${keyword} ${example}".`);
  if (keyword === 'SHELL' && !parsed.json)
    throw new ValueError('SHELL needs the JSON form', 'Write SHELL ["/bin/sh", "-c"].');
  if (keyword === 'VOLUME' && words.some((word) => trimSpace(word) === ''))
    throw new ValueError('a path of VOLUME is empty', 'Write "VOLUME /data".');
  const { line, endLine } = parsed;
  return { keyword, line, endLine, parsed, words: keyword === 'VOLUME' ? words.map(trimSpace) : words };
}

// With a value that shows what is meant.
const NEEDS_VALUE: Partial<Record<Other, string>> = {
  EXPOSE: '8080',
  MAINTAINER: 'name',
  SHELL: '["/bin/sh", "-c"]',
  STOPSIGNAL: 'SIGTERM',
  USER: 'app',
  VOLUME: '/data',
  WORKDIR: '/app',
};

const HEALTHCHECK_TIMES = ['interval', 'timeout', 'start-period', 'start-interval'] as const;
const HEALTHCHECK_FLAGS: KnownFlags = new Map([...HEALTHCHECK_TIMES, 'retries'].map((name) => [name, 'value']));

function checkHealthcheck(parsed: ParsedInstruction, [type, ...command]: readonly string[]): void {
  const example = 'Write "HEALTHCHECK CMD command" or "HEALTHCHECK NONE".';
  if (type === undefined) throw new ValueError('HEALTHCHECK needs CMD or NONE', example);
  const kind = upperCase(type);
  if (kind === 'NONE') {
    if (command.length > 0) throw new ValueError('HEALTHCHECK NONE does not take a command', example);
    return;
  }
  const flags = readFlags(parsed.flags, HEALTHCHECK_FLAGS);
  if (kind !== 'CMD') throw new ValueError(`HEALTHCHECK cannot be followed by ${show(type)}`, example);
  if (command.length === 0) throw new ValueError('HEALTHCHECK CMD has no command', example);
  for (const name of HEALTHCHECK_TIMES) checkTime(name, flags.value(name) ?? '');
  const retries = flags.value('retries') ?? '';
  if (retries === '') return;
  const number = readInteger(retries);
  if (number === undefined || number < 0n || number >= 2n ** 31n)
    throw new ValueError(`HEALTHCHECK --retries cannot be ${show(retries)}`, 'Give a whole number, 0 or more.');
}

const MILLISECOND = 1e6;

function checkTime(name: string, value: string): void {
  if (value === '') return;
  const duration = readDuration(value);
  if (duration === undefined || (duration !== 0 && duration < MILLISECOND))
    throw new ValueError(
      `HEALTHCHECK --${name} cannot be ${show(value)}`,
      'Give a duration of at least 1ms: 30s or 1m30s.',
    );
}
