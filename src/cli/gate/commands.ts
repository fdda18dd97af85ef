import type { CommandSpec } from '../framework/command.ts';
import { SUMMARY, WAIT_TIMEOUT } from '../framework/options.ts';

export const GATE_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'gate',
    summary: "evaluate images in Harbor by the package's policy",
    helpGroup: 'Build and push',
    examples: [
      { command: 'objdocker gate api worker' },
      { command: 'objdocker gate api-homechoice --rescan', comment: 'scan again when the report is too old' },
      { command: 'objdocker gate api-homechoice:1.4.0 --wait --timeout 10m', comment: 'wait for its scan' },
    ],
    arguments: [
      {
        name: 'REPO...',
        description:
          'services or repositories; add :TAG or @DIGEST for another image than the one with the tag in config.yaml',
        completes: 'image',
      },
    ],
    options: [
      { flags: '--wait', description: 'wait for scans that are running or queued' },
      {
        flags: '--rescan [mode]',
        description:
          'scan images again whose report is older than deployment.scan.maxAge, and wait; "force": also those that pass, where Harbor blocks pulls until the scan is over',
        choices: ['too-old', 'force'],
        bareValue: 'too-old',
      },
      WAIT_TIMEOUT,
      SUMMARY,
    ],
    load: () => import('./gate.ts'),
  },
];
