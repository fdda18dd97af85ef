import { ValueError } from '../problem.ts';
import type { DockerfileText, StageText } from '../stages/dockerfile-text.ts';
import type { ParsedInstruction } from '../syntax/parse.ts';
import { type Expansion, expand, type Lookup } from '../syntax/shell-lexer.ts';
import { lowerCase, upperCase } from '../syntax/text.ts';
import { normalizeImage } from '../values/image-name.ts';
import { type Platform, parsePlatform } from '../values/platform.ts';
import type { Rule, RuleViolations } from './rule-violations.ts';

const RESERVED = ['context', 'scratch'];

/** Checks what the instructions show without any values. */
export function checkInstructions(file: DockerfileText, violations: RuleViolations): void {
  for (const line of file.emptyContinuations) violations.add('NoEmptyContinuation', line);
  for (const instruction of file.globals) checkDescription(instruction.parsed, namesOf(instruction.args), violations);
  const seen = new Set<string>();
  for (const { from, body } of file.stages) {
    checkFromCasing(from.parsed, violations);
    if (from.name !== undefined) {
      checkDescription(from.parsed, [from.name], violations);
      if (RESERVED.includes(from.name)) violations.add('ReservedStageName', from.line);
      if (seen.has(from.name)) violations.add('DuplicateStageName', from.line);
      seen.add(from.name);
    }
    for (const instruction of body) {
      if (instruction.keyword === 'MAINTAINER')
        violations.add('MaintainerDeprecated', instruction.line, instruction.parsed.comments);
      if (instruction.keyword === 'ARG') checkDescription(instruction.parsed, namesOf(instruction.args), violations);
    }
  }
  checkKeywordCasing(file.stages, violations);
}

function namesOf(args: readonly { readonly name: string }[]): string[] {
  return args.map(({ name }) => name);
}

/** A comment right above an ARG or a stage describes it when it begins with its name. */
function checkDescription(
  { line, comments }: ParsedInstruction,
  names: readonly string[],
  violations: RuleViolations,
): void {
  const last = comments.at(-1);
  if (last === undefined || names.includes(last.split(' ', 1)[0] ?? '')) return;
  violations.add('InvalidDefinitionDescription', line, comments);
}

function checkFromCasing({ line, written, args, comments }: ParsedInstruction, violations: RuleViolations): void {
  const [, as, name] = args;
  if (as === undefined || name === undefined) return;
  if (name.text !== lowerCase(name.text)) violations.add('StageNameCasing', line, comments);
  const change = written.text === lowerCase(written.text) ? lowerCase : upperCase;
  if (written.text === change(written.text) && as.text !== change(as.text))
    violations.add('FromAsCasing', line, comments);
}

function checkKeywordCasing(stages: readonly StageText[], violations: RuleViolations): void {
  const keywords = stages.flatMap(({ from, body }) => [from, ...body].map(({ parsed }) => parsed));
  const lower = keywords.filter(({ written }) => written.text === lowerCase(written.text)).length;
  const upper = keywords.filter(({ written }) => isUpper(written.text)).length;
  const change = lower > upper ? lowerCase : upperCase;
  for (const { written, line } of keywords)
    if (written.text !== change(written.text)) violations.add('ConsistentInstructionCasing', line);
}

function isUpper(text: string): boolean {
  return text === upperCase(text) && text !== lowerCase(text);
}

/** Checks whether FROM lines name an image when no build argument is given. */
export function checkDefaultImages(
  file: DockerfileText,
  builtIn: ReadonlyMap<string, string>,
  violations: RuleViolations,
): void {
  const values = new Map(builtIn);
  const lookup: Lookup = (name) => values.get(name);
  const fill = (word: string): string => expand(word, lookup, { escapeCharacter: file.escapeCharacter }).text;
  try {
    for (const { args } of file.globals)
      for (const { name, default: written } of args) if (written !== undefined) values.set(name, fill(written));
    for (const { from } of file.stages)
      if (!isImage(fill(from.base))) violations.add('InvalidDefaultArgInFrom', from.line);
  } catch (error) {
    // A word that cannot be read ends this check; the build tells of it elsewhere.
    if (!(error instanceof ValueError)) throw error;
  }
}

function isImage(name: string): boolean {
  try {
    normalizeImage(name);
    return true;
  } catch (error) {
    if (error instanceof ValueError) return false;
    throw error;
  }
}

/** Checks the variables and platforms of FROM lines, all of which can be filled in. */
export function checkFromLines(
  file: DockerfileText,
  values: ReadonlyMap<string, string>,
  { builder, violations }: { builder: Platform; violations: RuleViolations },
): void {
  const { escapeCharacter } = file;
  const declared = new Set(file.globals.flatMap(({ args }) => namesOf(args)));
  const fill = (word: string): Expansion => expand(word, (name) => values.get(name), { escapeCharacter });
  for (const { from } of file.stages) {
    const add = (rule: Rule): void => violations.add(rule, from.line, from.parsed.comments);
    const base = fill(from.base);
    if ([...base.unset].some((name) => !declared.has(name))) add('UndefinedArgInFrom');
    if (from.platform === undefined) continue;
    const platform = fill(from.platform);
    if ([...platform.unset].some((name) => !declared.has(name))) add('UndefinedArgInFrom');
    const [only, ...more] = platform.names;
    if (only === 'TARGETPLATFORM' && more.length === 0 && platform.text === values.get(only))
      add('RedundantTargetPlatform');
    if (only !== undefined) continue;
    const { os, architecture } = parsePlatform(platform.text, builder);
    const name = from.name ?? '';
    if (!name.includes(os) && !name.includes(architecture)) add('FromPlatformFlagConstDisallowed');
  }
}
