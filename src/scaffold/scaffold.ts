import { readdir } from 'node:fs/promises';
import { joinWords } from '../lib/text/words.ts';
import type { ServiceAnswer } from './answers.ts';
import type { PythonSources } from './code/python-sources.ts';
import { listSharedCode } from './code/shared-code.ts';
import { compileFiles, readCompileStep } from './compile-step.ts';
import { type ConfigAnswers, configText, DOCKERFILE } from './config-text.ts';
import { dockerfileText } from './dockerfile-text.ts';
import { dockerfileAssumptions, type ExistingDockerfile } from './existing-dockerfile.ts';
import { HEALTH_CHECK, HEALTH_CHECK_TEXT } from './health-check.ts';
import { ignoredInputs, ignoreText } from './ignore-text.ts';
import type { FoundProject } from './project.ts';
import { groupIntoTiers, type Tier } from './requirement-tiers.ts';
import { readRequirements } from './requirements.ts';
import type { NewFile } from './write-files.ts';

/** The answers that every project needs. */
export type RegistryAnswers = Pick<
  ConfigAnswers,
  'package' | 'type' | 'host' | 'project' | 'username' | 'passwordFile'
>;

/** All answers about a project that gets a Dockerfile. */
export interface ScaffoldAnswers extends RegistryAnswers {
  readonly baseImage: string;
  readonly baseRuntimeImage: string;
  readonly sources: PythonSources;
  /** The services, each with its requirements file. */
  readonly services: readonly (ServiceAnswer & { readonly requirements: string | undefined })[];
  readonly hasCompileStep: boolean;
  /** Undefined for 8080, which nobody has confirmed. */
  readonly port: number | undefined;
  readonly healthPath: string | undefined;
}

/** All answers about a project that has a Dockerfile. */
export interface ConfigOnlyAnswers extends RegistryAnswers {
  readonly baseImage: string | undefined;
  readonly baseRuntimeImage: string | undefined;
  readonly dockerfile: ExistingDockerfile;
  /** None for a Dockerfile with one image. */
  readonly services: readonly string[];
}

/** A service of the new project. */
export interface ScaffoldService {
  readonly name: string;
  /** What starts it. Undefined when an existing Dockerfile says it. */
  readonly command?: readonly string[];
  readonly module?: string;
  readonly requirements?: string | undefined;
}

export interface Scaffold {
  readonly files: readonly NewFile[];
  /** Existing files that are not replaced. */
  readonly kept: readonly string[];
  readonly services: readonly ScaffoldService[];
  /** What to correct before the first build. */
  readonly notes: readonly string[];
  /** What the folder does not tell, and what was assumed instead. */
  readonly assumed: readonly string[];
}

const IGNORE_FILE = '.dockerignore';
const DEFAULT_PORT = 8080;
/** The Python version of the base images when the project does not name one. */
export const DEFAULT_PYTHON = '3.12';

/** Returns the files that must not exist yet, relative to the project. `config` is the name of config.yaml. */
export function scaffoldPaths(config: string, hasCompileStep: boolean): readonly string[] {
  return [config, DOCKERFILE, HEALTH_CHECK, ...compileFiles(hasCompileStep)];
}

/** Creates the text of config.yaml for a project that has a Dockerfile. */
export function planConfig(
  { dockerfile, ...answers }: ConfigOnlyAnswers,
  { config, found }: { readonly config: string; readonly found: FoundProject },
): Scaffold {
  const { path } = dockerfile;
  const text = configText({ ...answers, dockerfile: path, compile: undefined, schema: found.schema });
  return {
    files: [{ path: config, text }],
    kept: [path, ...(found.ignoreFile === undefined ? [] : [IGNORE_FILE])],
    services: answers.services.map((name) => ({ name })),
    notes: [],
    assumed: dockerfileAssumptions(dockerfile),
  };
}

/**
 * Creates the text of all files with which ObjDocker builds a project. It writes nothing.
 *
 * @param config the name of config.yaml
 */
export async function planScaffold(
  folder: string,
  {
    answers,
    found,
    config,
  }: { readonly answers: ScaffoldAnswers; readonly found: FoundProject; readonly config: string },
): Promise<Scaffold> {
  const { sources, hasCompileStep } = answers;
  const paths = [...new Set(answers.services.map(({ requirements }) => requirements))];
  const read = new Map(
    await Promise.all(
      paths
        .filter((path) => path !== undefined)
        .map(async (path) => [path, await readRequirements(folder, path)] as const),
    ),
  );
  const tiers = groupIntoTiers(
    answers.services.map(({ requirements, ...service }) => ({
      ...service,
      requirements: requirements === undefined ? undefined : read.get(requirements),
    })),
    sources,
  );
  const inputs = [...read.values()].flatMap(({ files, localPaths }) => [...files, ...localPaths]);
  const context = {
    source: sources.folder,
    sourceEntries: sources.entries,
    requirements: [...new Set(inputs)],
    hasPackages: found.hasPackages,
    hasCompileStep,
  };
  const port = answers.port ?? DEFAULT_PORT;
  const own = tiers.flatMap(({ services }) => services.flatMap((service) => service.own ?? []));
  const sharedCode = await listSharedCode(folder, sources, own);
  const dockerfile = dockerfileText({ ...answers, ...context, sharedCode, tiers, port });
  const names = answers.services.map(({ name }) => name);
  const compile = hasCompileStep ? { source: sources.folder, exclude: staysSource(answers) } : undefined;
  const text = configText({ ...answers, services: names, dockerfile: DOCKERFILE, compile, schema: found.schema });
  const { ignoreFile } = found;
  const ignored = ignoreFile === undefined ? [] : ignoredInputs(ignoreFile, context);
  return {
    files: [
      { path: config, text },
      { path: DOCKERFILE, text: dockerfile },
      ...(await readCompileStep(hasCompileStep)),
      { path: HEALTH_CHECK, text: HEALTH_CHECK_TEXT },
      ...(ignoreFile === undefined ? [{ path: IGNORE_FILE, text: ignoreText(context) }] : []),
    ],
    kept: ignoreFile === undefined ? [] : [IGNORE_FILE],
    services: servicesOf(answers, tiers),
    notes: [
      ...[...read.values()].flatMap(({ problems }) => problems),
      ...ignored.map((path) => `${IGNORE_FILE} excludes ${path}, which the build needs: add "!${path}"`),
      ...(found.pyproject?.problems ?? []),
      ...missingServers(tiers),
    ],
    assumed: await assumptions(folder, { answers, found, inputs }),
  };
}

/** Packages that read annotations and coroutines when the program runs. Compiled code of some Cython releases hides them. */
const READS_CODE = ['fastapi', 'starlette', 'pydantic', 'pydantic_settings', 'sqlmodel'];

/** Modules that Python runs as a program, that a framework reads, and migrations, whose names are no identifiers. */
function staysSource({ services, sources }: ScaffoldAnswers): readonly string[] {
  const programs = services.filter(({ entry }) => entry.kind === 'module').map(({ entry }) => entry.file);
  const isAlwaysSource = (file: string) => /(^|\/)(__init__|__main__)\.py$/.test(file);
  const read = sources.importersOf(READS_CODE).filter((file) => !isAlwaysSource(file));
  const isDjango = services.some(({ entry }) => entry.application?.framework === 'Django');
  const hasMigrations = sources.files.some((file) => /(^|\/)migrations\/(?!__init__)[^/]+\.py$/.test(file));
  return [...new Set([...programs, ...read]), ...(isDjango && hasMigrations ? ['**/migrations/*.py'] : [])];
}

function servicesOf(answers: ScaffoldAnswers, tiers: readonly Tier[]): readonly ScaffoldService[] {
  const started = new Map(
    tiers.flatMap(({ services }) => services.map((one) => [one.name, one.start.command] as const)),
  );
  return answers.services.map(({ name, entry, requirements }) => ({
    name,
    module: entry.module,
    command: started.get(name) ?? [],
    requirements,
  }));
}

function missingServers(tiers: readonly Tier[]): readonly string[] {
  return tiers.flatMap(({ requirements, services }) =>
    services.flatMap(({ name, start: { server } }) => {
      const names = (requirements?.names ?? []).map((one) => one.replace(/\[.*/, ''));
      const isThere =
        server === undefined ||
        names.includes(server) ||
        (server === 'uvicorn' && requirements?.names.some((one) => /^fastapi\[/.test(one)));
      if (isThere) return [];
      return [
        `service ${name} starts with ${server}, which ${requirements?.path ?? 'no requirements file'} does not name: add it`,
      ];
    }),
  );
}

async function assumptions(
  folder: string,
  {
    answers,
    found,
    inputs,
  }: { readonly answers: ScaffoldAnswers; readonly found: FoundProject; readonly inputs: readonly string[] },
): Promise<readonly string[]> {
  const { sources, services, port, healthPath, hasCompileStep } = answers;
  const chosen = services.map(({ entry }) => entry.target);
  const others = found.entryPoints.filter(
    ({ target, module }) =>
      !chosen.includes(target) &&
      !services.some(({ entry }) => module === entry.module || module.startsWith(`${entry.module}.`)),
  );
  const left = sources.folder === '.' ? await notCopied(folder, [...sources.entries, ...inputs]) : [];
  const python = found.pyproject?.requiresPython;
  return [
    ...(port === undefined
      ? [`port: ${DEFAULT_PORT}, in the environment variable PORT; a service that listens elsewhere needs --port`]
      : []),
    ...(healthPath === undefined
      ? ['health check: the port accepts a connection; --health-path sets a URL path that must respond with 200']
      : []),
    ...(found.pythonVersion === undefined
      ? [
          `Python: that of ${answers.baseImage}; there is no .python-version${python === undefined ? '' : `, and pyproject.toml requires ${python}`}`,
        ]
      : []),
    'environment variables and secrets that the services need: none are set in the images',
    'shared libraries of Debian that requirements need at run time: none are installed in the runtime image',
    ...(hasCompileStep
      ? [
          'whether all modules run when they are compiled: --no-compile, or compile.exclude in config.yaml, keeps them source',
        ]
      : []),
    ...(others.length === 0
      ? []
      : [`services: ${joinWords(others.map(({ target }) => target))} can start, too; --service NAME=ENTRY selects`]),
    ...(left.length === 0
      ? []
      : [
          `data: ${joinWords(left)} ${left.length === 1 ? 'is' : 'are'} not copied into the images; add what services read to the Dockerfile and .dockerignore`,
        ]),
  ];
}

const NOT_DATA =
  /^(\..*|README.*|LICEN[CS]E.*|CHANGELOG.*|.*\.(py|md|rst|toml|cfg|ini|lock|ya?ml)|requirements.*|Makefile|Dockerfile.*|tests?|docs?|examples?|scripts?|tools?|bench(marks)?|packages|resource\.docker|node_modules|venv|env|build|dist|__pycache__|.*\.egg-info|src)$/i;
const SHOWN = 5;

/** Names in the project folder that may be data of the services. */
async function notCopied(folder: string, copied: readonly string[]): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const known = copied.map((path) => path.split('/', 1)[0]);
  const left = names.filter((name) => !known.includes(name) && !NOT_DATA.test(name)).sort();
  return left.length > SHOWN ? [...left.slice(0, SHOWN), `${left.length - SHOWN} more`] : left;
}
