import { expect } from 'vitest';
import { DOCUMENTS, type Documents } from '../../src/cli/json-output.ts';
import { type CliOptions, objdocker } from './cli.ts';

/** Runs a command with `--json` to the exit code that is expected; its one document, checked against its schema. */
export async function jsonDocument<Name extends keyof Documents>(
  name: Name,
  args: readonly string[],
  { code = 0, ...options }: CliOptions & { readonly code?: number } = {},
): Promise<{ readonly document: Documents[Name]; readonly stderr: string }> {
  const { stdout, stderr, ...result } = await objdocker(['--json', ...args], options);
  expect(result.code, stderr).toBe(code);
  const parsed: unknown = JSON.parse(stdout);
  DOCUMENTS[name].parse(parsed);
  return { document: parsed as Documents[Name], stderr };
}
