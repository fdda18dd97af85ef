import { contextSources } from './context-sources.ts';
import type { ExternalImage, Stage, StageBase, StageStep } from './graph.ts';
import type { Instruction } from './instruction.ts';
import { type Mount, mountsOf } from './mounts.ts';
import type { Refuse } from './read-dockerfile.ts';
import type { Scope } from './scope.ts';

/** What reading a stage needs to know of the file so far. */
export interface StageContext {
  /** The stages above. */
  readonly stages: readonly Stage[];
  readonly globals: Scope;
  readonly refuse: Refuse;
}

// Set by BuildKit for every build; their values depend on where and for what it runs.
const AUTOMATIC_ARGS = ['TARGET', 'BUILD'].flatMap((side) =>
  ['PLATFORM', 'OS', 'ARCH', 'VARIANT', 'OSVERSION'].map((part) => `${side}${part}`),
);

const scopes = new WeakMap<Stage, Scope>();
const triggers = new WeakMap<Stage, readonly Instruction[]>();

/** Reads one stage from its instructions, FROM first. */
export function readStage(instructions: readonly Instruction[], context: StageContext): Stage {
  const [from, ...body] = instructions;
  if (from === undefined) return context.refuse(1, 'the Dockerfile has no FROM');
  const { base, candidates, fromArgs, platform } = readFrom(from, context);
  const parent = base.kind === 'stage' ? base.stage : undefined;
  const name = from.words[2]?.toLowerCase();

  // An ONBUILD runs in the stage that builds on the one that has it, once, before that stage's own instructions.
  const inherited = parent === undefined ? [] : (triggers.get(parent) ?? []).map((it) => ({ ...it, line: from.line }));
  const own = body.filter((instruction) => instruction.keyword !== 'ONBUILD');
  const run = [...inherited, ...own];

  const scope = context.globals.stage(parent === undefined ? undefined : scopes.get(parent));
  const declared = new Set<string>();
  const sources = run.flatMap((instruction) => {
    if (instruction.keyword === 'ARG' || instruction.keyword === 'ENV') {
      const names = scope.declare(instruction, context.refuse);
      if (instruction.keyword === 'ARG') for (const each of names) declared.add(each);
    }
    return contextSources(instruction, (word) => scope.expandKnown(word, instruction.line, context.refuse));
  });
  const copied = references(run, name, context);

  const stage: Stage = {
    index: context.stages.length,
    ...(name === undefined ? {} : { name }),
    line: from.line,
    from: base,
    ...(platform === undefined ? {} : { platform }),
    args: new Map([...declared].map((each) => [each, scope.args.get(each)])),
    visibleArgs: scope.args,
    dependencies: [...new Set([...(parent === undefined ? [] : [parent]), ...candidates, ...copied.stages])],
    externalImages: copied.images,
    contextSources: sources,
    steps: stepsOf(from, own, base),
    fromArgs,
  };
  scopes.set(stage, scope);
  triggers.set(
    stage,
    body.flatMap(({ trigger }) => (trigger === undefined ? [] : [trigger])),
  );
  return stage;
}

function readFrom(from: Instruction, { stages, globals, refuse }: StageContext) {
  const written = from.words[0] ?? '';
  const platform = from.flags.find((flag) => flag.name === 'platform')?.value;
  const withAutomatic = AUTOMATIC_ARGS.reduce(
    (word, name) =>
      word.replaceAll(`\${${name}}`, placeholder(name)).replace(new RegExp(`\\$${name}\\b`, 'g'), placeholder(name)),
    written,
  );
  const expansion = globals.expand(withAutomatic, from.line, refuse);
  if (expansion.text.trim() === '')
    refuse(
      from.line,
      `the image of "FROM ${written}" is empty`,
      'Give its ARG a default, or set the argument in config.yaml.',
    );
  const platformNames = platform === undefined ? [] : globals.expand(platform, from.line, refuse).names;
  const stage = stages.findLast((each) => each.name === expansion.text.toLowerCase());
  const base: StageBase =
    stage !== undefined
      ? { kind: 'stage', stage }
      : expansion.text === 'scratch'
        ? { kind: 'scratch' }
        : { kind: 'image', image: written, resolved: unplace(expansion.text), args: globals.closure(expansion.names) };
  return {
    base,
    candidates: stage === undefined ? matching(expansion.text, stages) : [],
    fromArgs: globals.closure([...expansion.names, ...platformNames]),
    platform,
  };
}

// `FROM base-${TARGETARCH}` may be any stage of that form: which one is known only when a platform is built.
function placeholder(name: string): string {
  return `\u0001${name}\u0002`;
}

function unplace(text: string): string {
  return text.replaceAll('\u0001', '${').replaceAll('\u0002', '}');
}

function matching(text: string, stages: readonly Stage[]): Stage[] {
  if (!text.includes('\u0001')) return [];
  const parts = text
    .toLowerCase()
    .split(/\u0001[a-z]+\u0002/)
    .map((part) => part.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&'));
  const pattern = new RegExp(`^${parts.join('[a-z0-9._-]*')}$`);
  return stages.filter((stage) => stage.name !== undefined && pattern.test(stage.name));
}

interface References {
  readonly stages: Stage[];
  readonly images: ExternalImage[];
}

function references(
  run: readonly Instruction[],
  self: string | undefined,
  { stages, refuse }: StageContext,
): References {
  const found: References = { stages: [], images: [] };
  const add = (reference: string, line: number, byIndex: boolean): void => {
    const lower = reference.toLowerCase();
    if (lower === self) refuse(line, `the stage "${reference}" copies from itself`);
    const isIndex = byIndex && /^\d+$/.test(reference);
    const stage = isIndex ? stages[Number(reference)] : stages.findLast((each) => each.name === lower);
    if (stage !== undefined) found.stages.push(stage);
    else if (isIndex) refuse(line, `there is no stage ${reference} above this line: the stages are numbered from 0`);
    else if (lower !== 'scratch') found.images.push({ image: reference, line });
  };
  for (const instruction of run) {
    const copyFrom =
      instruction.keyword === 'COPY' ? instruction.flags.find((flag) => flag.name === 'from')?.value : undefined;
    if (copyFrom !== undefined && copyFrom !== '') add(copyFrom, instruction.line, true);
    // BuildKit takes a number here for the name of an image.
    for (const mount of mountsOf(instruction)) if (mount.from !== undefined) addMount(mount, instruction.line);
  }
  return found;

  function addMount(mount: Mount, line: number): void {
    if (mount.from?.includes('$'))
      refuse(
        line,
        `from=${mount.from} holds a variable, which BuildKit does not replace there`,
        'Name the image in a stage of its own.',
      );
    add(mount.from ?? '', line, false);
  }
}

const NUMBERED = ['RUN', 'COPY', 'ADD', 'WORKDIR'];

function stepsOf(from: Instruction, body: readonly Instruction[], base: StageBase): StageStep[] {
  // BuildKit numbers FROM only where it is an image.
  let ordinal = base.kind === 'image' ? 1 : 0;
  const first = { keyword: 'FROM', line: from.line, text: from.text, ...(ordinal === 1 ? { ordinal } : {}) };
  return [
    first,
    ...body.map(({ keyword, line, text }) => {
      if (!NUMBERED.includes(keyword)) return { keyword, line, text };
      ordinal++;
      return { keyword, line, text, ordinal };
    }),
  ];
}
