import { isDeepStrictEqual } from 'node:util';
import type { Instruction, RunMount } from '../../src/dockerfile/instructions/instruction.ts';
import { type Mount, readMount } from '../../src/dockerfile/instructions/mounts.ts';
import { readInstruction } from '../../src/dockerfile/instructions/read-instruction.ts';
import { type Problem, ProblemError, ValueError } from '../../src/dockerfile/problem.ts';
import { Converter } from '../../src/dockerfile/stages/convert.ts';
import { type DockerfileText, readDockerfileText } from '../../src/dockerfile/stages/dockerfile-text.ts';
import { declareGlobalArgs } from '../../src/dockerfile/stages/global-args.ts';
import { findDirective } from '../../src/dockerfile/syntax/directives.ts';
import { type ParsedInstruction, parseDockerfile } from '../../src/dockerfile/syntax/parse.ts';
import { decodeUtf8, printable, upperCase } from '../../src/dockerfile/syntax/text.ts';
import { normalizeIfImage } from '../../src/dockerfile/values/image-name.ts';
import { formatPlatform, type Platform } from '../../src/dockerfile/values/platform.ts';

/** Any JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

const AMD64: Platform = { os: 'linux', osVersion: '', osFeatures: [], architecture: 'amd64', variant: '' };
const MANY_STAGES = 200;

/** What our reader makes of a Dockerfile, in the form that the oracle prints. Messages are left out: the words are ours. */
export function factsOf(bytes: Uint8Array, buildArgs: Readonly<Record<string, string>>): Json {
  return clean(read(decodeUtf8(bytes), buildArgs));
}

function read(text: string, buildArgs: Readonly<Record<string, string>>): object {
  const syntax = findDirective(text, 'syntax');
  const check = findDirective(text, 'check');
  const directives = (escapeCharacter: string): Json => ({
    escape: escapeCharacter,
    syntax:
      syntax === undefined
        ? null
        : { value: syntax.value.split(' ', 1)[0] ?? '', full: syntax.value, line: syntax.line },
    check: check === undefined ? null : { value: check.value, line: check.line },
  });
  const nothing = { ok: false, globalArgs: [], targets: [], defaultTarget: null, leaves: [], stages: [] };
  let escapeCharacter = '\\';
  let file: DockerfileText;
  try {
    file = readDockerfileText(text);
    escapeCharacter = file.escapeCharacter;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    if (error.problem.phase === 'instruction') escapeCharacter = parseDockerfile(text).escapeCharacter;
    return { ...nothing, error: problem(error.problem), directives: directives(escapeCharacter) };
  }
  const request = {
    platform: AMD64,
    builder: AMD64,
    buildArgs: (name: string) => (Object.hasOwn(buildArgs, name) ? buildArgs[name] : undefined),
  };
  const count = file.stages.length;
  const result = {
    directives: directives(escapeCharacter),
    targets: file.stages.flatMap(({ from }) => from.name ?? []),
    defaultTarget: count === 0 ? null : count - 1,
  };
  let converter: Converter;
  try {
    converter = new Converter(file, request);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    let values: ReadonlyMap<string, string> = new Map();
    try {
      if (count > 0) values = declareGlobalArgs(file, request, file.stages.at(-1)?.from.name ?? '').declared;
    } catch {
      // Without their values, as the oracle.
    }
    const stages = file.stages.map((_stage, index) => unresolved(file, index));
    return { ...nothing, ...result, globalArgs: globalArgs(file, values), stages, error: problem(error.problem) };
  }
  const stages = file.stages.map((_stage, index) => resolved(file, converter, index));
  const used = new Set(stages.flatMap(({ dependsOn, index }) => dependsOn.filter((need) => need !== index)));
  const tried = stages.flatMap(({ asTarget, index }) => (asTarget === null ? [] : [index]));
  return {
    ...result,
    ok: stages.at(-1)?.asTarget?.ok ?? false,
    error: shared(tried.map((index) => converter.convert(index).problem?.problem)),
    globalArgs: globalArgs(file, converter.args.declared),
    leaves: stages.flatMap(({ index }) => (used.has(index) ? [] : [index])),
    stages: count > MANY_STAGES ? stages.map(brief) : stages,
  };
}

function globalArgs(file: DockerfileText, values: ReadonlyMap<string, string>): Json[] {
  return file.globals.flatMap(({ args, line }) =>
    args.map(({ name, default: written }) => ({
      name,
      line,
      default: written ?? null,
      value: values.get(name) ?? null,
    })),
  );
}

type ProblemJson = { phase: string; line: number; endLine: number };

function problem({ phase, line, endLine }: Problem): ProblemJson {
  return { phase, line, endLine };
}

/** The problem that every target has. */
function shared(problems: readonly (Problem | undefined)[]): ProblemJson | null {
  const [first] = problems;
  if (first === undefined || first.phase === 'dispatch') return null;
  // BuildKit gives findings of its checks no line.
  const key = (each: Problem | undefined) => each && [each.phase, each.message, each.phase === 'lint' ? 0 : each.line];
  return problems.every((each) => isDeepStrictEqual(key(each), key(first))) ? problem(first) : null;
}

function unresolved(file: DockerfileText, index: number) {
  const stage = file.stages[index];
  if (stage === undefined) throw new RangeError(`no stage ${index}`);
  const { from, endLine } = stage;
  return {
    index,
    name: from.name ?? null,
    line: from.line,
    endLine,
    baseWritten: from.base,
    base: null,
    kind: 'unknown',
    baseStage: null,
    image: null,
    platformWritten: from.platform ?? null,
    platform: null,
    dependsOn: [],
    dependencies: [],
    externalImages: [],
    contextPaths: [],
    args: [],
    env: [],
    asTarget: null,
    instructions: [from, ...stage.body].map((instruction) => describe(instruction)),
  };
}

function resolved(file: DockerfileText, converter: Converter, index: number) {
  const count = file.stages.length;
  const tried = count <= MANY_STAGES || [0, Math.floor(count / 2), count - 1].includes(index);
  const { node, body, problem: first, state: end } = converter.convert(tried ? index : count - 1);
  const wrong = first?.problem;
  const state = wrong === undefined ? end : undefined;
  const own = tried ? { node, body } : { node: converter.stages[index] ?? node, body: converter.convert(index).body };
  const stage = unresolved(file, index);
  const written = new Set<Instruction>(own.node.text?.body);
  const readers = own.body.readers.flatMap(({ instruction, sources }) =>
    sources.map((source) => ({
      source,
      via: instruction.keyword,
      line: instruction.line,
      onbuild: !written.has(instruction),
    })),
  );
  const flag = (onbuild: boolean) => (onbuild ? { onbuild } : {});
  const dependencies = [
    ...(own.node.base === undefined ? [] : [{ stage: own.node.base.index, via: 'FROM', line: stage.line }]),
    ...readers.flatMap(({ source, via, line, onbuild }) =>
      source.node.kind === 'stage' ? [{ stage: source.node.index, via, line, ...flag(onbuild) }] : [],
    ),
  ];
  const externalImages = readers.flatMap(({ source: { node: image, from }, via, line, onbuild }) =>
    image.kind === 'stage' || from === '' || from === 'scratch'
      ? []
      : [{ image: from, normalised: normalizeIfImage(from), via, line, ...flag(onbuild) }],
  );
  const kind = own.node.base !== undefined ? 'stage' : own.node.baseName === 'scratch' ? 'scratch' : 'image';
  const mounts = new Map<Instruction, readonly Mount[]>(state?.runs.map((run) => [run.instruction, run.mounts]));
  return {
    ...stage,
    base: own.node.baseName,
    kind,
    baseStage: own.node.base?.index ?? null,
    image: kind === 'image' ? normalizeIfImage(own.node.baseName) : null,
    platform: own.node.platform === undefined ? null : formatPlatform(own.node.platform),
    dependsOn: [...new Set(dependencies.map((each) => each.stage))].sort((a, b) => a - b),
    dependencies,
    externalImages,
    contextPaths: [...new Set(state?.contextPaths.map(({ path }) => path))].sort(byBytes),
    args: declared(state?.args ?? []),
    env: [...(state?.env ?? [])].flatMap(([name, value]) => (name === 'PATH' ? [] : [{ name, value }])),
    asTarget: tried ? { ok: wrong === undefined, ...(wrong === undefined ? {} : { error: problem(wrong) }) } : null,
    instructions: [own.node.text?.from, ...(own.node.text?.body ?? [])].flatMap((instruction) => {
      if (instruction === undefined) return [];
      return describe(instruction, mounts.get(instruction));
    }),
  };
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function declared(args: readonly { name: string; value: string | undefined }[]) {
  const values = new Map<string, string | undefined>();
  for (const { name, value } of args) values.set(name, value ?? values.get(name));
  return [...values].map(([name, value]) => ({ name, value: value ?? null }));
}

function brief({
  index,
  name,
  line,
  endLine,
  base,
  kind,
  baseStage,
  dependsOn,
  asTarget,
}: ReturnType<typeof resolved>) {
  return {
    index,
    name,
    line,
    endLine,
    base,
    kind,
    ...(baseStage === null ? {} : { baseStage }),
    dependsOn,
    ...(asTarget === null ? {} : { asTarget }),
  };
}

function describe(instruction: Instruction, mounts?: readonly Mount[]): { [key: string]: Json | undefined } {
  return { ...common(instruction.parsed), ...specific(instruction, mounts) };
}

function common({ written, line, endLine, flags, json, heredocs }: ParsedInstruction) {
  return {
    keyword: upperCase(written.text),
    line,
    endLine,
    ...(flags.length === 0 ? {} : { flags: flags.map(({ text }) => text) }),
    ...(json ? { json } : {}),
    ...(heredocs.length === 0
      ? {}
      : {
          heredocs: heredocs.map(({ name, content, expand, chomp, fileDescriptor }) => ({
            name,
            lines: content.split('\n').length - 1,
            expand,
            chomp,
            fd: Number(fileDescriptor),
          })),
        }),
  };
}

function specific(instruction: Instruction, mounts: readonly Mount[] | undefined): { [key: string]: Json | undefined } {
  const { parsed } = instruction;
  const args = parsed.args.length === 0 ? {} : { args: parsed.args.map(({ text }) => text) };
  switch (instruction.keyword) {
    case 'ARG':
      return { pairs: instruction.args.map(({ name, default: value }) => ({ name, value: value ?? null })) };
    case 'ENV':
    case 'LABEL':
      return {
        pairs: instruction.pairs.map(({ name, value, legacy }) => ({ name, value, ...(legacy ? { legacy } : {}) })),
      };
    case 'COPY':
    case 'ADD': {
      const from = instruction.flags.value('from') ?? '';
      const { sources, contents, destination } = instruction;
      const heredocs = contents.length === 0 ? {} : { heredocs: contents.map(({ name }) => name) };
      return { copy: { ...(from === '' ? {} : { from }), sources, ...heredocs, dest: destination } };
    }
    case 'RUN':
      return {
        ...args,
        run: { shell: !parsed.json, mounts: (mounts ?? asWritten(instruction.mounts)).map(mountJson) },
      };
    case 'ONBUILD':
      return trigger(instruction.trigger, parsed);
    default:
      return args;
  }
}

function asWritten(mounts: readonly RunMount[]): Mount[] {
  try {
    return mounts.map((mount) => readMount(mount, (value) => value));
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    return mounts.map(({ from }) => ({ type: 'bind', from, source: '', target: '', id: '', required: false }));
  }
}

function mountJson({ type, from, source, target, id }: Mount): Json {
  const given = Object.entries({ from, source, target, id }).filter(([, value]) => value !== '');
  return { type, ...Object.fromEntries(given) };
}

function trigger(expression: string, { line, endLine }: ParsedInstruction): { [key: string]: Json | undefined } {
  let parsed: ParsedInstruction;
  try {
    const [first, ...more] = parseDockerfile(expression).instructions;
    if (first === undefined || more.length > 0) return {};
    parsed = { ...first, line, endLine };
  } catch (error) {
    if (error instanceof ProblemError) return {};
    throw error;
  }
  try {
    return { trigger: describe(readInstruction(parsed)) };
  } catch (error) {
    if (error instanceof ProblemError) return { trigger: common(parsed) };
    throw error;
  }
}

/** Text that is not UTF-8 as the oracle's JSON has it. */
function clean(value: object): Json {
  return JSON.parse(
    JSON.stringify(value, (_key, item: unknown) => (typeof item === 'string' ? printable(item) : item)),
  );
}
