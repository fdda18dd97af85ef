import dockerignore from '@balena/dockerignore';
import { CHECK_IMPORTS } from './compile-step.ts';
import { HEALTH_CHECK } from './health-check.ts';

/** The files and folders of the build context that the Dockerfile reads. */
export interface ContextInput {
  readonly source: string;
  readonly sourceEntries: readonly string[];
  /** Requirements files, and what they name. */
  readonly requirements: readonly string[];
  readonly hasPackages: boolean;
  readonly hasCompileStep: boolean;
}

/** Makes a .dockerignore that excludes everything except what the Dockerfile reads. */
export function ignoreText(input: ContextInput): string {
  return `${[
    '# Only these files reach the build: config.yaml, tests and Git are excluded.',
    '*',
    ...contextPaths(input).map((path) => `!${path}`),
    '**/__pycache__',
    '**/*.egg-info',
    '**/*.pyc',
  ].join('\n')}\n`;
}

/** The files that the Dockerfile reads and an existing ignore file excludes. */
export function ignoredInputs(text: string, input: ContextInput): readonly string[] {
  const ignored = dockerignore.default({ ignorecase: false }).add(text);
  return contextPaths(input).filter((path) => ignored.ignores(path));
}

function contextPaths({ source, sourceEntries, requirements, hasPackages, hasCompileStep }: ContextInput): string[] {
  return [
    ...(source === '.' ? sourceEntries : [source]),
    ...requirements,
    ...(hasPackages ? ['packages'] : []),
    ...(hasCompileStep ? ['resource.docker/compile'] : [CHECK_IMPORTS]),
    HEALTH_CHECK,
  ];
}
