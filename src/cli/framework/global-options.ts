import type { OptionSpec } from './command.ts';

/** Flags that every command takes. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { flags: '-c, --config <file>', description: 'the config.yaml (default: the nearest one upwards)' },
  { flags: '--package <name>', description: 'the package to work on (default: the active one)' },
  { flags: '--context <name>', description: 'the Docker context of the engine' },
  { flags: '-H, --host <url>', description: 'the engine’s address: unix://, tcp:// or ssh://' },
  { flags: '--strict', description: 'take an unknown key in config.yaml for an error' },
  { flags: '--json', description: 'print exactly one JSON document on stdout' },
  { flags: '--quiet', description: 'print only the answer and errors; of containers only ids or names' },
  { flags: '--verbose', description: 'print more about what is done' },
  { flags: '--no-color', description: 'no colours (as does NO_COLOR)' },
];
