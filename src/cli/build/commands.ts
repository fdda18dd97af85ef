import type { CommandSpec } from '../framework/command.ts';
import { BUILDER, NO_CACHE, PACKAGE, PLATFORM, PROGRESS, PULL, SERVICE, TAG } from '../framework/options.ts';

export const BUILD_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'build',
    summary: "build the package's images, all services in one solve",
    helpGroup: 'Build and push',
    examples: [
      { command: 'objdocker build' },
      { command: 'objdocker build --service api --tag 1.4.0', comment: 'one service, under another tag' },
      { command: 'objdocker build --dry-run', comment: 'show the build plan; needs no engine and no network' },
    ],
    arguments: [PACKAGE],
    options: [
      SERVICE,
      TAG,
      {
        ...PLATFORM,
        description: `${PLATFORM.description}; images for other platforms than the engine's are pushed as they are built`,
      },
      NO_CACHE,
      PULL,
      BUILDER,
      PROGRESS,
      { flags: '--dry-run', description: 'show the build plan and build nothing; needs no engine and no network' },
      {
        flags: '--check',
        description: 'with --dry-run: have the builder check the Dockerfile, too, as docker build --check does',
      },
    ],
    load: () => import('./build.ts'),
  },
  {
    name: 'push',
    summary: "push the package's images, each shared layer once",
    helpGroup: 'Build and push',
    examples: [
      { command: 'objdocker push' },
      { command: 'objdocker push --service api --service report', comment: 'two of the services' },
    ],
    arguments: [PACKAGE],
    options: [SERVICE, TAG],
    load: () => import('./push.ts'),
  },
];
