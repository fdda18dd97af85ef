import { expect } from 'vitest';
import { JSON_OUTPUTS, type JsonOutputs } from '../../src/cli/json-output.ts';
import { type CliOptions, objdocker } from './cli.ts';

/** Runs a command with `--json` to the exit code that is expected; its one document, checked against its schema. */
export async function runJson<Name extends keyof JsonOutputs>(
  name: Name,
  args: readonly string[],
  { code = 0, ...options }: CliOptions & { readonly code?: number } = {},
): Promise<{ readonly document: JsonOutputs[Name]; readonly stderr: string }> {
  const { stdout, stderr, ...result } = await objdocker(['--json', ...args], options);
  expect(result.code, stderr).toBe(code);
  const parsed: unknown = JSON.parse(stdout);
  JSON_OUTPUTS[name].parse(parsed);
  return { document: parsed as JsonOutputs[Name], stderr };
}
