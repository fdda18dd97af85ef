import type { CommandSpec, OptionSpec } from '../framework/command.ts';
import { IGNORE_RECORD, PACKAGE, RELEASE_WITHDRAWN, SERVICE, THROUGH_HOLD } from '../framework/options.ts';

const REASON: OptionSpec = { flags: '--reason <text>', description: 'why; it goes on record' };

export const ROLLBACK_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'rollback',
    summary: 'move the public tags back to an earlier release, and hold the package',
    helpGroup: 'Releases',
    examples: [
      { command: 'objdocker rollback --reason "leaks memory"' },
      { command: 'objdocker rollback --to 11', comment: 'to this release' },
      { command: 'objdocker rollback --service api', comment: 'only this service' },
    ],
    arguments: [PACKAGE],
    options: [
      {
        flags: '--to <number>',
        description: 'the release to go back to (default: the last one before that was not withdrawn)',
        completes: 'release',
      },
      SERVICE,
      {
        flags: '-t, --tag <tag>',
        description: 'only this public tag (default: those in config.yaml that both releases list); repeatable',
        repeatable: true,
      },
      REASON,
      { flags: '--force', description: "with --reason: although today's policy has more against those images" },
      RELEASE_WITHDRAWN,
      { flags: '--adopt', description: 'roll back on top of what somebody has moved a public tag to by hand' },
      IGNORE_RECORD,
    ],
    load: () => import('./rollback.ts'),
  },
  {
    name: 'promote',
    summary: "give a release another public tag, when it passes today's policy",
    helpGroup: 'Releases',
    examples: [
      { command: 'objdocker promote 12 --tag prod' },
      { command: 'objdocker promote 12 --tag qa --tag staging', comment: 'several, all or none' },
    ],
    arguments: [{ name: 'NUMBER', description: 'the number of the release', completes: 'release' }],
    options: [
      { flags: '-t, --tag <tag>', description: 'the public tag; repeatable', repeatable: true },
      REASON,
      { flags: '--backwards', description: 'also when the tag has a newer release' },
      THROUGH_HOLD,
      RELEASE_WITHDRAWN,
      { flags: '--adopt', description: 'promote on top of what somebody has moved a public tag to by hand' },
      IGNORE_RECORD,
    ],
    load: () => import('./promote.ts'),
  },
  {
    name: 'hold',
    summary: 'stop the pipelines of a package before they build, until it is resumed',
    helpGroup: 'Releases',
    examples: [
      { command: 'objdocker hold' },
      { command: 'objdocker hold --reason "migration of the database until 15:00"', comment: 'say why' },
    ],
    arguments: [PACKAGE],
    options: [REASON, IGNORE_RECORD],
    load: async () => ({ run: (await import('./hold.ts')).changeHold('hold') }),
  },
  {
    name: 'resume',
    summary: 'end the hold of a package',
    helpGroup: 'Releases',
    examples: [
      { command: 'objdocker resume' },
      { command: 'objdocker resume homechoice --reason "fixed in 1.4.3"', comment: 'say why' },
    ],
    arguments: [PACKAGE],
    options: [REASON, IGNORE_RECORD],
    load: async () => ({ run: (await import('./hold.ts')).changeHold('resume') }),
  },
];
