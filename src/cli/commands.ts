import { AUDIT_COMMANDS } from './audit/commands.ts';
import { BUILD_COMMANDS } from './build/commands.ts';
import { COMPLETION_COMMANDS } from './completion/commands.ts';
import { CONFIG_COMMANDS } from './config/commands.ts';
import { CONTAINER_COMMANDS } from './containers/commands.ts';
import { DIFF_COMMANDS } from './diff/commands.ts';
import type { CommandSpec } from './framework/command.ts';
import { GATE_COMMANDS } from './gate/commands.ts';
import { HARBOR_COMMANDS } from './harbor/commands.ts';
import { INIT_COMMANDS } from './init/commands.ts';
import { K3S_COMMANDS } from './k3s/commands.ts';
import { PIPELINE_COMMANDS } from './pipeline/commands.ts';
import { PLAN_COMMANDS } from './plan/commands.ts';
import { PREFLIGHT_COMMANDS } from './preflight/commands.ts';
import { RELEASE_COMMANDS } from './releases/commands.ts';
import { ROLLBACK_COMMANDS } from './rollback/commands.ts';

/** Every command of the CLI, in the order of `--help`. The parser, the help, the docs and the completion are made from this table. */
export const COMMANDS: readonly CommandSpec[] = [
  ...BUILD_COMMANDS,
  ...PLAN_COMMANDS,
  ...PIPELINE_COMMANDS,
  ...GATE_COMMANDS,
  ...RELEASE_COMMANDS,
  ...ROLLBACK_COMMANDS,
  ...AUDIT_COMMANDS,
  ...DIFF_COMMANDS,
  ...PREFLIGHT_COMMANDS,
  ...HARBOR_COMMANDS,
  ...CONTAINER_COMMANDS,
  ...INIT_COMMANDS,
  ...CONFIG_COMMANDS,
  ...K3S_COMMANDS,
  ...COMPLETION_COMMANDS,
];
