import type { ServiceAnswer } from './answers.ts';
import { COMPILE_FILES, readCompileStep } from './compile-step.ts';
import { type ConfigAnswers, configText, DOCKERFILE } from './config-text.ts';
import { dockerfileText } from './dockerfile-text.ts';
import { HEALTH_CHECK, HEALTH_CHECK_TEXT } from './health-check.ts';
import { ignoredInputs, ignoreText } from './ignore-text.ts';
import type { FoundProject } from './project.ts';
import type { PythonSources } from './python-sources.ts';
import { groupIntoTiers } from './requirement-tiers.ts';
import { readRequirements } from './requirements.ts';
import type { NewFile } from './write-files.ts';

/** All answers about a project. */
export interface ScaffoldAnswers extends Omit<ConfigAnswers, 'services' | 'pythonSource' | 'schema'> {
  readonly sources: PythonSources;
  /** The services, each with its requirements file. */
  readonly services: readonly (ServiceAnswer & { readonly requirements: string | undefined })[];
  readonly port: number;
  readonly healthPath: string | undefined;
}

export interface Scaffold {
  readonly files: readonly NewFile[];
  /** Existing files that are not replaced. */
  readonly kept: readonly string[];
  /** What to check before the first build. */
  readonly notes: readonly string[];
}

const IGNORE_FILE = '.dockerignore';

/** Returns the files that must not exist yet, relative to the project. `config` is the name of config.yaml. */
export function scaffoldPaths(config: string): readonly string[] {
  return [config, DOCKERFILE, HEALTH_CHECK, ...COMPILE_FILES];
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
  const { sources } = answers;
  const paths = [...new Set(answers.services.map(({ requirements }) => requirements))];
  const read = new Map(
    await Promise.all(
      paths
        .filter((path) => path !== undefined)
        .map(async (path) => [path, await readRequirements(folder, path)] as const),
    ),
  );
  const services = answers.services.map(({ requirements, ...service }) => ({
    ...service,
    requirements: requirements === undefined ? undefined : read.get(requirements),
  }));
  const files = [...read.values()].flatMap((file) => file.files);
  const context = {
    source: sources.folder,
    sourceEntries: sources.entries,
    requirements: [...new Set(files)],
    hasPackages: found.hasPackages,
  };
  const dockerfile = dockerfileText({ ...answers, ...context, tiers: groupIntoTiers(services, sources) });
  const names = services.map(({ name }) => name);
  const text = configText({ ...answers, services: names, pythonSource: sources.folder, schema: found.schema });
  const { ignoreFile } = found;
  const ignored = ignoreFile === undefined ? [] : ignoredInputs(ignoreFile, context);
  return {
    files: [
      { path: config, text },
      { path: DOCKERFILE, text: dockerfile },
      ...(await readCompileStep()),
      { path: HEALTH_CHECK, text: HEALTH_CHECK_TEXT },
      ...(ignoreFile === undefined ? [{ path: IGNORE_FILE, text: ignoreText(context) }] : []),
    ],
    kept: ignoreFile === undefined ? [] : [IGNORE_FILE],
    notes: [
      ...[...read.values()].flatMap(({ problems }) => problems),
      ...ignored.map((path) => `${IGNORE_FILE} excludes ${path}, which the build needs: add "!${path}"`),
      ...(read.size === 0 && found.hasPyproject
        ? [
            'no requirements file found, and dependencies in pyproject.toml are not read: write them to requirements.txt and name it in the Dockerfile',
          ]
        : []),
    ],
  };
}
