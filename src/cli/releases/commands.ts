import type { CommandSpec } from '../framework/command.ts';
import { LISTS, PACKAGE } from '../framework/options.ts';
import { SHOW_FORMATS } from './show-formats.ts';

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
      {
        command: 'objdocker releases show 12 --format kustomize > release/kustomization.yaml',
        comment: 'its images by digest, for a deployment',
      },
    ],
    arguments: [{ name: 'NUMBER', description: 'the number of the release', completes: 'release' }],
    options: [
      {
        flags: '--format <format>',
        description:
          'as text, as Markdown, or as what a deployment takes: a component of a kustomization, kubectl set image, a Compose file (default: text)',
        choices: SHOW_FORMATS,
      },
    ],
    ...LISTS,
    load: () => import('./releases-show.ts'),
  },
];
