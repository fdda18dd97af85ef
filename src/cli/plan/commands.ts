import type { CommandSpec } from '../framework/command.ts';
import { BUILDER, PACKAGE, PLATFORM, REBUILD, REBUILD_OLDER, SERVICE } from '../framework/options.ts';

export const PLAN_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'plan',
    summary: 'say what the pipeline would build, reuse or leave unchanged, and why',
    helpGroup: 'Build and push',
    examples: [
      { command: 'objdocker plan' },
      { command: 'objdocker plan --explain api', comment: 'all that the image of a service is made from' },
      { command: 'objdocker plan --json', comment: 'for a CI job' },
    ],
    arguments: [{ ...PACKAGE, description: 'a package of config.yaml (default: all of them)' }],
    options: [
      SERVICE,
      {
        flags: '--explain <service>',
        description: 'list every input of a service: stages, arguments, images, files, secrets',
        completes: 'service',
      },
      {
        flags: '-t, --tag <tag>',
        description: 'public tag to release (default: those in config.yaml); repeatable, the first is VERSION',
        repeatable: true,
      },
      PLATFORM,
      BUILDER,
      REBUILD,
      REBUILD_OLDER,
    ],
    load: () => import('./plan.ts'),
  },
];
