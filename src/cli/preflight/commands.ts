import type { CommandSpec } from '../framework/command.ts';
import { PACKAGE } from '../framework/options.ts';

export const PREFLIGHT_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'preflight',
    summary: 'check engine, buildx, Dockerfile, base images, registry, credentials and disk space',
    helpGroup: 'Check',
    examples: [{ command: 'objdocker preflight' }, { command: 'objdocker preflight homechoice --json' }],
    arguments: [PACKAGE],
    options: [],
    load: () => import('./preflight.ts'),
  },
  {
    name: 'registry',
    summary: 'probe a registry and report what is wrong with it',
    helpGroup: 'Check',
    examples: [
      { command: 'objdocker registry', comment: 'the registry of the active package' },
      { command: 'objdocker registry registry.example.com' },
    ],
    arguments: [{ name: '[HOST]', description: "host[:port] (default: the active package's registry)" }],
    options: [],
    load: () => import('./registry.ts'),
  },
];
