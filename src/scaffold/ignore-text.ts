import dockerignore from '@balena/dockerignore';
import { HEALTH_CHECK } from './health-check.ts';

/** The files and folders of the build context that the Dockerfile reads. */
export interface ContextInput {
  readonly source: string;
  readonly sourceEntries: readonly string[];
  readonly requirements: readonly string[];
  readonly hasPackages: boolean;
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

function contextPaths({ source, sourceEntries, requirements, hasPackages }: ContextInput): string[] {
  return [
    ...(source === '.' ? sourceEntries : [source]),
    ...requirements,
    ...(hasPackages ? ['packages'] : []),
    'resource.docker/compile',
    HEALTH_CHECK,
  ];
}
