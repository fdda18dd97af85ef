import { configJsonSchema } from '../../config/schema/json-schema.ts';
import type { CommandBody } from '../framework/command.ts';
import { ExitCode } from '../framework/exit-codes.ts';

/** `objdocker config schema`: prints the JSON Schema of config.yaml, with and without `--json`. */
export const run: CommandBody = async ({ output }) => {
  const schema = configJsonSchema();
  output.print(JSON.stringify(schema, null, 2));
  output.value(schema);
  return ExitCode.done;
};
