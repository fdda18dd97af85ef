import * as z from 'zod';
import { AUDIT_JSON_OUTPUTS } from './audit/json-output.ts';
import { BUILD_JSON_OUTPUTS } from './build/json-output.ts';
import { COMPLETION_JSON_OUTPUTS } from './completion/json-output.ts';
import { CONFIG_JSON_OUTPUTS } from './config/json-output.ts';
import { CONTAINER_JSON_OUTPUTS } from './containers/json-output.ts';
import { DIFF_JSON_OUTPUTS } from './diff/json-output.ts';
import { FRAMEWORK_JSON_OUTPUTS } from './framework/json-output.ts';
import { GATE_JSON_OUTPUTS } from './gate/json-output.ts';
import { HARBOR_JSON_OUTPUTS } from './harbor/json-output.ts';
import { INIT_JSON_OUTPUTS } from './init/json-output.ts';
import { K3S_JSON_OUTPUTS } from './k3s/json-output.ts';
import { PIPELINE_JSON_OUTPUTS } from './pipeline/json-output.ts';
import { PLAN_JSON_OUTPUTS } from './plan/json-output.ts';
import { PREFLIGHT_JSON_OUTPUTS } from './preflight/json-output.ts';
import { RELEASE_JSON_OUTPUTS } from './releases/json-output.ts';
import { ROLLBACK_JSON_OUTPUTS } from './rollback/json-output.ts';

/** The schema of each JSON output, that is, of what a command prints with `--json`; `schema/NAME.schema.json` is made from it. */
export const JSON_OUTPUTS = {
  ...FRAMEWORK_JSON_OUTPUTS,
  ...BUILD_JSON_OUTPUTS,
  ...PLAN_JSON_OUTPUTS,
  ...PIPELINE_JSON_OUTPUTS,
  ...GATE_JSON_OUTPUTS,
  ...RELEASE_JSON_OUTPUTS,
  ...ROLLBACK_JSON_OUTPUTS,
  ...AUDIT_JSON_OUTPUTS,
  ...DIFF_JSON_OUTPUTS,
  ...PREFLIGHT_JSON_OUTPUTS,
  ...HARBOR_JSON_OUTPUTS,
  ...CONTAINER_JSON_OUTPUTS,
  ...INIT_JSON_OUTPUTS,
  ...CONFIG_JSON_OUTPUTS,
  ...K3S_JSON_OUTPUTS,
  ...COMPLETION_JSON_OUTPUTS,
} as const;

export type JsonOutputs = { readonly [Name in keyof typeof JSON_OUTPUTS]: z.input<(typeof JSON_OUTPUTS)[Name]> };

/** The JSON Schema of a JSON output. It is open: a later version may add keys. */
export function jsonOutputSchema(name: keyof typeof JSON_OUTPUTS): object {
  return {
    title: `objdocker ${name} --json`,
    ...z.toJSONSchema(JSON_OUTPUTS[name], { io: 'input', target: 'draft-2020-12' }),
  };
}
