import type { ArgumentSpec, CommandSpec, OptionSpec } from './command.ts';
import { ExitCode } from './exit-codes.ts';

/** Options that every command takes. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '-c, --config <file>',
    description: 'config.yaml to use (default: the nearest one upwards)',
    dash: 'nothing',
  },
  { flags: '--package <name>', description: 'package to work on (default: the active one)', completes: 'package' },
  { flags: '--context <name>', description: 'Docker context of the engine', completes: 'context' },
  { flags: '-H, --host <url>', description: 'address of the engine: unix://, tcp:// or ssh://' },
  { flags: '--strict', description: 'fail on unknown keys in config.yaml; config check also on expired allowances' },
  { flags: '--json', description: 'print the result as one JSON value on stdout' },
  { flags: '-q, --quiet', description: 'print only results and errors; for containers only ids or names' },
  { flags: '--verbose', description: 'print more details' },
  { flags: '--no-color', description: 'print without colors (as NO_COLOR does)' },
];

export const HELP_OPTION: OptionSpec = { flags: '-h, --help', description: 'print this help' };
export const VERSION_OPTION: OptionSpec = { flags: '-V, --version', description: 'print the version' };

/** Of a command that only lists: `objdocker ... | head` ends it without an error. */
export const LISTS: Required<Pick<CommandSpec, 'endsWithReader'>> = {
  endsWithReader: { streams: ['stdout'], code: ExitCode.done },
};

// Arguments and options that several commands share.

export const PACKAGE: ArgumentSpec = {
  name: '[PACKAGE]',
  description: 'a package of config.yaml (default: the active one)',
  completes: 'package',
};

export const SERVICE: OptionSpec = {
  flags: '-s, --service <name>',
  description: 'only this service; repeatable',
  completes: 'service',
  repeatable: true,
};

export const TAG: OptionSpec = {
  flags: '-t, --tag <tag>',
  description: 'use this tag instead of the one in config.yaml',
};

export const PLATFORM: OptionSpec = {
  flags: '--platform <list>',
  description: 'platforms to build for: os/arch[/variant], comma-separated; repeatable',
  repeatable: true,
};

export const NO_CACHE: OptionSpec = { flags: '--no-cache', description: 'do not use the build cache' };

export const PULL: OptionSpec = { flags: '--pull', description: 'pull newer base images' };

export const BUILDER: OptionSpec = { flags: '--builder <name>', description: 'use this buildx builder' };

export const REBUILD: OptionSpec = {
  flags: '--rebuild',
  description: 'build all images, also those that nothing has changed of',
};

export const REBUILD_OLDER: OptionSpec = {
  flags: '--rebuild-older <time>',
  description: 'build again, without a cache, what was built this long ago: 14d, 36h',
};

export const THROUGH_HOLD: OptionSpec = {
  flags: '--through-hold',
  description: 'although the package is held; the hold stays',
};

export const RELEASE_WITHDRAWN: OptionSpec = {
  flags: '--release-withdrawn',
  description: 'also images that a rollback has withdrawn',
};

export const IGNORE_RECORD: OptionSpec = {
  flags: '--ignore-record <number>',
  description: 'go on without a release record that cannot be read; repeatable',
  repeatable: true,
};

export const PROGRESS: OptionSpec = {
  flags: '--progress <mode>',
  description: 'how to show progress (default: auto)',
  choices: ['auto', 'tty', 'plain', 'quiet'],
};

export const YES: OptionSpec = { flags: '-y, --yes', description: 'do not ask for confirmation' };

export const WAIT_TIMEOUT: OptionSpec = {
  flags: '--timeout <time>',
  description: 'with --wait: how long to wait, in seconds or as 90s, 1h30m',
};

export const SUMMARY: OptionSpec = {
  flags: '--summary <file>',
  description: 'append a summary in Markdown to a file (default: the one of the GitHub job, GITHUB_STEP_SUMMARY)',
  dash: 'nothing',
};
