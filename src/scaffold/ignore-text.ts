import dockerignore from '@balena/dockerignore';
import { HEALTH_CHECK } from './health-check.ts';

/** What the Dockerfile reads of the build context, as files and folders. */
export interface ContextInput {
  readonly source: string;
  readonly sourceEntries: readonly string[];
  readonly requirements: readonly string[];
  readonly hasPackages: boolean;
}

/** A .dockerignore that lets in what the Dockerfile reads and nothing else. */
export function ignoreText(input: ContextInput): string {
  return `${[
    '# The build reads these and nothing else: config.yaml, tests and Git stay outside.',
    '*',
    ...contextPaths(input).map((path) => `!${path}`),
    '**/__pycache__',
    '**/*.egg-info',
    '**/*.pyc',
  ].join('\n')}\n`;
}

/** What an ignore file that was there already keeps out although the Dockerfile reads it. */
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
