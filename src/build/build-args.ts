import type { PlannedArgument, PlanWarning } from '../buildx/plan.ts';
import { ObjCompile } from '../compile/obj-compile.ts';
import { tagOf } from '../config/image-name.ts';
import type { Package } from '../config/package.ts';
import type { DockerfileGraph, Stage } from '../dockerfile/graph.ts';
import { ObjDockerError } from '../errors.ts';
import { didYouMean } from '../lib/text/suggest.ts';

/** A build argument of a package. Its value is read only when a stage declares it. */
export interface OfferedArg {
  readonly name: string;
  /** The config key, or `environment`; undefined for the arguments of every build (PACKAGE, VERSION, REVISION). */
  readonly key?: string;
  readonly value: () => string;
}

/** The build arguments that a package offers to its Dockerfile. `image.buildArgs` overrides the others. */
export function offeredArgs(
  pkg: Package,
  {
    tag,
    revision,
    sourceDateEpoch,
  }: {
    readonly tag?: string | undefined;
    readonly revision?: string | undefined;
    /** The variable SOURCE_DATE_EPOCH, which buildx would pass without a word. */
    readonly sourceDateEpoch?: string | undefined;
  },
): Map<string, OfferedArg> {
  const { image } = pkg;
  const compile = Object.entries(new ObjCompile(pkg.compile).buildArgs());
  const offered: OfferedArg[] = [
    ...(image.baseImage === undefined
      ? []
      : [{ name: 'BASE_IMAGE', key: 'image.baseImage', value: constant(image.baseImage) }]),
    ...(image.baseRuntimeImage === undefined
      ? []
      : [{ name: 'BASE_RUNTIME_IMAGE', key: 'image.baseRuntimeImage', value: constant(image.baseRuntimeImage) }]),
    { name: 'PACKAGE', value: () => pkg.name },
    { name: 'VERSION', value: () => tag ?? tagOf(pkg) },
    ...(revision === undefined ? [] : [{ name: 'REVISION', value: constant(revision) }]),
    ...(sourceDateEpoch === undefined
      ? []
      : [{ name: 'SOURCE_DATE_EPOCH', key: 'environment', value: constant(sourceDateEpoch) }]),
    ...compile.map(([name, value]) => ({ name, key: compileKey(name), value: constant(value) })),
    ...Object.keys(image.buildArgs).map((name) => ({
      name,
      key: `image.buildArgs.${name}`,
      value: () => image.buildArgs[name] ?? '',
    })),
  ];
  return new Map(offered.map((arg) => [arg.name, arg]));
}

/**
 * The arguments to pass for a stage: offered arguments that it or its dependencies declare, and predefined ones.
 *
 * @throws {ObjDockerError} SECRET_IN_BUILD_ARG when a value contains credentials in a URL.
 */
export function argsForStage(
  graph: DockerfileGraph,
  stage: Stage,
  offered: ReadonlyMap<string, OfferedArg>,
): Record<string, string> {
  if (graph.isForeign) return argsForFrontend(offered);
  const declared = graph.argsFor(stage);
  const used = [...offered.values()].filter(({ name }) => declared.has(name) || isPredefined(name));
  return Object.fromEntries(used.map((arg) => [arg.name, checkedValue(arg)]));
}

/** The arguments to pass to a frontend that is not Docker's: all that there are. */
export function argsForFrontend(offered: ReadonlyMap<string, OfferedArg>): Record<string, string> {
  return Object.fromEntries([...offered.values()].map((arg) => [arg.name, checkedValue(arg)]));
}

/** The build arguments that have an effect on a stage, each with its value and where that comes from. */
export function describeArgs(
  graph: DockerfileGraph,
  stage: Stage,
  offered: ReadonlyMap<string, OfferedArg>,
): PlannedArgument[] {
  const values = new Map([...graph.globalArgs, ...graph.withDependencies(stage).flatMap(({ args }) => [...args])]);
  return [...graph.argsFor(stage)].map((name): PlannedArgument => {
    const arg = offered.get(name);
    if (arg !== undefined) return { name, value: checkedValue(arg), source: arg.key ?? 'objdocker' };
    const value = values.get(name);
    return value === undefined ? { name, source: 'unset' } : { name, value, source: 'dockerfile' };
  });
}

/** Warns of arguments in the config without effect: no stage declares them, or only stages that are not built. */
export function unusedArgWarnings(
  graph: DockerfileGraph,
  stages: readonly Stage[],
  offered: ReadonlyMap<string, OfferedArg>,
): PlanWarning[] {
  const used = new Set(stages.flatMap((stage) => [...graph.argsFor(stage)]));
  if (graph.isForeign) return [];
  return [...offered.values()].flatMap(({ name, key }): PlanWarning[] => {
    if (key === undefined || used.has(name) || isPredefined(name)) return [];
    if (graph.declaredArgs.has(name))
      return [
        {
          message: `${key} has no effect: no stage that is built uses ARG ${name}`,
          hint: 'Remove it from config.yaml, or add the stage that uses it to image.services.',
        },
      ];
    return [
      {
        message: `${key} has no effect: ${graph.file} declares no ARG ${name}${didYouMean(name, [...graph.declaredArgs])}`,
        hint: `Add "ARG ${name}" to the stage that is to use it, or remove it from config.yaml.`,
      },
    ];
  });
}

// BuildKit accepts these without a declaration, and does not record them in the image history.
const PREDEFINED = ['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY', 'SOURCE_DATE_EPOCH'];

function isPredefined(name: string): boolean {
  return PREDEFINED.includes(name.toUpperCase()) || name.startsWith('BUILDKIT_');
}

function checkedValue({ name, key, value }: OfferedArg): string {
  const text = value();
  if (!holdsCredentials(text)) return text;
  throw new ObjDockerError(
    'SECRET_IN_BUILD_ARG',
    `the value of ${key ?? `the build argument ${name}`} contains credentials in a URL, and the image history shows every build argument`,
    {
      hint: `Pass it as a build secret: image.secrets: {${name.toLowerCase()}: {env: ${name}}}, and in the Dockerfile RUN --mount=type=secret,id=${name.toLowerCase()} …`,
      details: { argument: name },
    },
  );
}

// `ssh://git@host` is a user name without a password; over HTTP a lone user name is a token.
function holdsCredentials(text: string): boolean {
  return /\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#:@]*:[^\s/?#@]+@/i.test(text) || /\bhttps?:\/\/[^\s/?#@]+@/i.test(text);
}

function compileKey(name: string): string {
  return `compile.${name.replace('COMPILE_', '').toLowerCase()}`;
}

function constant(value: string): () => string {
  return () => value;
}
