import type { FilesInstruction, Instruction, RunInstruction } from '../instructions/instruction.ts';
import type { DockerfileText } from '../stages/dockerfile-text.ts';
import type { ParsedInstruction } from '../syntax/parse.ts';
import { CONSTRUCTS, type DockerfileFeature, FLAGS, LEGACY_FLAGS, type Support } from './feature.ts';
import { mayHaveForms, variableForms } from './variable-forms.ts';

/** What not every builder or frontend takes: each kind once for each stage that it matters for, at its first line. */
export function findFeatures(file: DockerfileText): DockerfileFeature[] {
  const finder = new Finder(file.escapeCharacter);
  if (file.checkLine !== undefined) finder.add('"# check="', CONSTRUCTS.checks, { legacy: true, line: file.checkLine });
  for (const instruction of file.globals) finder.read(instruction, undefined);
  for (const [stage, { from, body }] of file.stages.entries()) {
    finder.read(from, undefined);
    for (const instruction of body) finder.read(instruction, stage);
  }
  return finder.found();
}

class Finder {
  readonly #escapeCharacter: string;
  readonly #found = new Map<string, DockerfileFeature>();
  #line = 0;
  #stage: number | undefined;

  constructor(escapeCharacter: string) {
    this.#escapeCharacter = escapeCharacter;
  }

  found(): DockerfileFeature[] {
    return [...this.#found.values()];
  }

  /** @param stage that of the instruction; undefined for what is read whatever is built: FROM and what is above */
  read(instruction: Instruction, stage: number | undefined): void {
    if (isOrdinary(instruction.parsed)) return;
    this.#line = instruction.line;
    this.#stage = stage;
    this.#readForm(instruction.parsed);
    if (instruction.keyword === 'ARG' && instruction.args.length > 1)
      this.add('several names in one ARG', CONSTRUCTS.severalArgs, { legacy: true });
    if (instruction.keyword === 'COPY' || instruction.keyword === 'ADD') this.#readFiles(instruction);
    if (instruction.keyword === 'RUN') this.#readMounts(instruction);
    else if (!PLAIN.includes(instruction.keyword)) this.#readVariables(instruction.parsed);
  }

  add(text: string, support: Support, parts: Partial<DockerfileFeature> = {}): void {
    const feature: DockerfileFeature = { text, line: this.#line, legacy: false, ...support, ...parts };
    const key = `${text}\n${feature.stage ?? ''}`;
    if (!this.#found.has(key)) this.#found.set(key, feature);
  }

  /** What a frontend finds only when it builds the stage. */
  #addToStage(text: string, support: Support, legacy = false): void {
    this.add(text, support, { legacy, ...(this.#stage === undefined ? {} : { stage: this.#stage }) });
  }

  #readForm({ keyword, flags, heredocs }: ParsedInstruction): void {
    if (heredocs.length > 0) this.add('a heredoc', CONSTRUCTS.heredoc);
    if (heredocs.some(({ spaced }) => spaced))
      this.add('a heredoc with a space behind "<<"', CONSTRUCTS.spacedHeredoc, {
        hint: 'Write <<NAME without the space.',
      });
    if (flags.length === 0) return;
    for (const { text } of flags) {
      const equals = text.indexOf('=');
      const name = text.slice(2, equals < 0 ? text.length : equals);
      const support = FLAGS[keyword]?.[name];
      const flag = `${keyword} --${name}`;
      // A frontend without devices refuses them where they are used.
      if (flag === 'RUN --device') this.#addToStage(flag, support ?? {});
      else if (support !== undefined) this.add(flag, support, { legacy: LEGACY_FLAGS.includes(flag) });
      else if (flag === 'FROM --platform' && text.includes('$')) this.add(`FROM ${text}`, {});
    }
  }

  #readFiles({ keyword, flags, sources }: FilesInstruction): void {
    const mode = flags.value('chmod') ?? '';
    if (mode.includes('$')) this.#addToStage(`${keyword} --chmod with a variable`, CONSTRUCTS.variableInMode);
    else if (/[^0-7]/.test(mode)) this.#addToStage(`${keyword} --chmod=${mode}`, CONSTRUCTS.symbolicMode);
    if (keyword !== 'ADD') return;
    const git = sources.find((source) => /^(?:git@|git:\/\/|ssh:\/\/)/.test(source));
    if (git === undefined) return;
    this.#addToStage('ADD of a Git repository', CONSTRUCTS.gitRepository, true);
    if (flags.value('checksum') !== undefined)
      this.#addToStage('ADD --checksum of a Git repository', CONSTRUCTS.checksumOfGit);
  }

  #readMounts({ mounts }: RunInstruction): void {
    for (const { flag } of mounts) {
      if (flag.includes('$')) this.#addToStage('a variable in RUN --mount', CONSTRUCTS.variableInMount);
      if (/(?:^|,)env=/i.test(flag)) this.#addToStage('RUN --mount with env=', CONSTRUCTS.secretAsVariable);
      this.#readForms(flag);
    }
  }

  #readVariables({ source, flags, args, json, pairs, heredocs }: ParsedInstruction): void {
    // Quotes within a flag may hide one.
    for (const { text } of flags) this.#readForms(text);
    if (heredocs.length === 0 && !json && !mayHaveForms(source.text)) return;
    for (const { text } of args) this.#readForms(text);
    for (const { name, value } of pairs) this.#readForms(`${name} ${value}`);
    for (const heredoc of heredocs) if (heredoc.expand) this.#readForms(heredoc.content, true);
  }

  #readForms(text: string, isBody = false): void {
    for (const { text: form, operator } of variableForms(text, isBody ? '\\' : this.#escapeCharacter, isBody)) {
      if (/^[#%/]/.test(operator)) this.#addToStage(form, CONSTRUCTS.patternForm, true);
      else if (!operator.startsWith(':')) this.#addToStage(form, CONSTRUCTS.shortForm, true);
    }
  }
}

/** Whether an instruction holds nothing that could be a feature, as most do. */
function isOrdinary({ keyword, flags, heredocs, json, source }: ParsedInstruction): boolean {
  if (flags.length > 0 || heredocs.length > 0 || json || keyword === 'ARG' || keyword === 'ADD') return false;
  return keyword === 'RUN' || !mayHaveForms(source.text);
}

// Instructions in which no variables are filled in.
const PLAIN = ['CMD', 'ENTRYPOINT', 'HEALTHCHECK', 'MAINTAINER', 'ONBUILD', 'SHELL'];
