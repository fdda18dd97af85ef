import type { ArgumentSpec, CommandSpec, OptionSpec } from './command.ts';
import { SHELLS } from './completion.ts';

const PACKAGE_ARGUMENT: ArgumentSpec = {
  name: '[PACKAGE]',
  description: 'a package of config.yaml (default: the active one)',
};

const SERVICES: OptionSpec = {
  flags: '-s, --service <name>',
  description: 'only this service; may be given several times',
  repeatable: true,
};

const TAG: OptionSpec = { flags: '-t, --tag <tag>', description: 'this tag instead of the config’s' };

const BUILD = 'Build and push';
const CHECK = 'Check';
const CONFIG = 'Configuration';

/** Every command of the CLI. The program, its help and the shell completion are made from this table. */
export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'preflight',
    summary: 'check engine, buildx, Dockerfile, base images, registry, credentials and disk space',
    group: CHECK,
    arguments: [PACKAGE_ARGUMENT],
    options: [],
    load: () => import('./commands/preflight.ts'),
  },
  {
    name: 'build',
    summary: 'build the package’s images: all services in one solve',
    group: BUILD,
    arguments: [PACKAGE_ARGUMENT],
    options: [
      SERVICES,
      TAG,
      {
        flags: '--platform <list>',
        description: 'os/arch[/variant], comma separated; a platform that is not the engine’s own is built and pushed',
      },
      { flags: '--no-cache', description: 'do not use the build cache' },
      { flags: '--pull', description: 'ask for newer base images' },
      { flags: '--builder <name>', description: 'this buildx builder' },
      {
        flags: '--progress <mode>',
        description: 'how progress is shown (default: auto)',
        choices: ['auto', 'tty', 'plain', 'quiet'],
      },
      { flags: '--dry-run', description: 'show what would be built and how; needs no engine and no network' },
    ],
    load: () => import('./commands/build.ts'),
  },
  {
    name: 'push',
    summary: 'push the package’s images, each shared layer once',
    group: BUILD,
    arguments: [PACKAGE_ARGUMENT],
    options: [SERVICES, TAG],
    load: () => import('./commands/push.ts'),
  },
  {
    name: 'registry',
    summary: 'probe a registry and say what is wrong with it',
    group: CHECK,
    arguments: [{ name: '[HOST]', description: 'host[:port] (default: the active package’s registry)' }],
    options: [],
    load: () => import('./commands/registry.ts'),
  },
  {
    name: 'config check',
    summary: 'report every problem in config.yaml',
    group: CONFIG,
    arguments: [],
    options: [],
    load: () => import('./commands/config-check.ts'),
  },
  {
    name: 'config show',
    summary: 'print the package as it was understood, secrets masked',
    group: CONFIG,
    arguments: [PACKAGE_ARGUMENT],
    options: [],
    load: () => import('./commands/config-show.ts'),
  },
  {
    name: 'config schema',
    summary: 'print the JSON Schema of config.yaml, for editors',
    group: CONFIG,
    arguments: [],
    options: [],
    load: () => import('./commands/config-schema.ts'),
  },
  {
    name: 'completion',
    summary: 'print a completion script for bash, zsh or fish',
    group: CONFIG,
    arguments: [{ name: 'SHELL', description: 'bash, zsh or fish', choices: SHELLS }],
    options: [],
    load: () => import('./commands/completion.ts'),
  },
];
