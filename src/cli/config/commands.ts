import type { CommandSpec } from '../framework/command.ts';
import { LISTS, PACKAGE } from '../framework/options.ts';

export const CONFIG_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'config check',
    summary: 'report every problem in config.yaml',
    helpGroup: 'Configuration',
    examples: [
      { command: 'objdocker config check' },
      { command: 'objdocker config check --strict', comment: 'unknown keys and expired allowances are errors' },
    ],
    arguments: [],
    options: [],
    load: () => import('./config-check.ts'),
  },
  {
    name: 'config show',
    summary: 'print the package as ObjDocker reads it, with defaults and masked secrets',
    helpGroup: 'Configuration',
    examples: [{ command: 'objdocker config show' }, { command: 'objdocker config show homechoice --json' }],
    arguments: [PACKAGE],
    options: [],
    ...LISTS,
    load: () => import('./config-show.ts'),
  },
  {
    name: 'config schema',
    summary: 'print the JSON Schema of config.yaml, for editors',
    helpGroup: 'Configuration',
    examples: [
      { command: 'objdocker config schema' },
      { command: 'objdocker config schema > config.schema.json', comment: 'for the yaml-language-server' },
    ],
    arguments: [],
    options: [],
    ...LISTS,
    load: () => import('./config-schema.ts'),
  },
];
