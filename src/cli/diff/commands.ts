import type { CommandSpec } from '../framework/command.ts';
import { DIFF_FORMATS } from './diff-formats.ts';

export const DIFF_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'diff',
    summary: 'say what differs between two releases: services, findings, packages, size',
    helpGroup: 'Releases',
    examples: [
      { command: 'objdocker diff', comment: 'the current release, and the one before' },
      { command: 'objdocker diff 11 12 --rescan', comment: 'with reports of today' },
      { command: 'objdocker diff 11 --format html --output diff.html', comment: 'release 11 and the current one' },
    ],
    arguments: [
      {
        name: '[A]',
        description: 'the number of the earlier release (default: the one before B)',
        completes: 'release',
      },
      { name: '[B]', description: 'the number of the later release (default: the current one)', completes: 'release' },
    ],
    options: [
      {
        flags: '-t, --tag <tag>',
        description: 'the public tag whose releases are compared (default: the first in config.yaml)',
      },
      {
        flags: '--rescan [mode]',
        description:
          'scan the images of both releases again, and wait; "force": also those without findings, where Harbor blocks pulls until the scan is over',
        choices: ['all', 'force'],
        bareValue: 'all',
      },
      { flags: '--timeout <time>', description: 'with --rescan: how long to wait, in seconds or as 90s, 1h30m' },
      { flags: '--format <format>', description: 'format of the comparison (default: text)', choices: DIFF_FORMATS },
      { flags: '-o, --output <file>', description: 'write the comparison to this file; - for stdout', dash: 'stdout' },
    ],
    load: () => import('./diff.ts'),
  },
];
