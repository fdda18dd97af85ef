import type { CommandSpec } from '../framework/command.ts';
import { PACKAGE, SUMMARY } from '../framework/options.ts';

export const AUDIT_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'audit',
    summary: "check what is released: today's policy, public tags, images, records, retention",
    helpGroup: 'Releases',
    examples: [
      { command: 'objdocker audit' },
      { command: 'objdocker audit --all --rescan', comment: 'each night: all packages, with fresh reports' },
      { command: 'objdocker audit --all --format html --output site', comment: 'pages for a web server' },
    ],
    arguments: [PACKAGE],
    options: [
      { flags: '--all', description: 'all packages of config.yaml' },
      {
        flags: '-t, --tag <tag>',
        description: 'only this public tag (default: those in config.yaml); repeatable',
        repeatable: true,
      },
      {
        flags: '--rescan [mode]',
        description:
          'scan images again whose report is older than deployment.scan.maxAge, and wait; "force": also those that pass, where Harbor blocks pulls until the scan is over',
        choices: ['too-old', 'force'],
        bareValue: 'too-old',
      },
      {
        flags: '--format <format>',
        description: 'html: also write the overview, pages of all packages and each one, to --output',
        choices: ['text', 'html'],
      },
      { flags: '-o, --output <folder>', description: 'the folder of the overview', dash: 'nothing' },
      SUMMARY,
    ],
    load: () => import('./audit.ts'),
  },
];
