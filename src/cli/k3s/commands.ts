import type { CommandSpec } from '../framework/command.ts';

export const K3S_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'k3s-registries',
    summary: 'print, write or check the registries.yaml of k3s nodes, for all packages',
    helpGroup: 'Configuration',
    examples: [
      { command: 'objdocker k3s-registries --output registries.yaml' },
      {
        command: 'objdocker k3s-registries --check /etc/rancher/k3s/registries.yaml',
        comment: 'exit with 1 when the file differs',
      },
      { command: 'objdocker k3s-registries --explain registry.example.com/axion/api:1.4.0' },
    ],
    arguments: [],
    options: [
      {
        flags: '-o, --output <path>',
        description: 'write it to this file, readable by its owner only; - for stdout',
        dash: 'stdout',
      },
      {
        flags: '--check <path>',
        description: 'compare this file with it; exit with 1 when they differ; - for stdin',
        dash: 'stdin',
      },
      { flags: '--explain <image>', description: 'show where a node looks for this image' },
      { flags: '--k3s-version <version>', description: 'warn about this version alone, and explain what it does' },
    ],
    load: () => import('./k3s-registries.ts'),
  },
];
