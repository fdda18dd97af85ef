import type { CommandSpec } from '../framework/command.ts';
import { LISTS, PACKAGE } from '../framework/options.ts';

export const RELEASE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'releases',
    summary: 'list what was released, the newest first',
    helpGroup: 'Releases',
    examples: [
      { command: 'objdocker releases' },
      { command: 'objdocker releases --tag latest', comment: 'only those of this tag' },
    ],
    arguments: [PACKAGE],
    options: [
      { flags: '-t, --tag <tag>', description: 'only releases that list this public tag' },
      { flags: '--limit <number>', description: 'how many records to look at (default: 20)' },
    ],
    ...LISTS,
    load: () => import('./releases.ts'),
  },
  {
    name: 'releases show',
    summary: 'print everything on record about a release',
    helpGroup: 'Releases',
    examples: [
      { command: 'objdocker releases show 12' },
      { command: 'objdocker releases show 12 --json', comment: 'with all digests' },
    ],
    arguments: [{ name: 'NUMBER', description: 'the number of the release' }],
    options: [],
    ...LISTS,
    load: () => import('./releases-show.ts'),
  },
];
