import * as z from 'zod';

// Parts that the JSON outputs of several commands share.

/** Every error code is a literal of `ErrorCode`; programs should expect new ones. */
export const code = z.string().describe('what went wrong, as a literal');
export const hint = z.string().optional().describe('what to do about it');
export const digest = z.string().describe('algorithm:hex, of the manifest or index');
export const platform = z.string().describe('os/arch[/variant]');
export const bytes = z.number().describe('bytes');
export const durationMs = z.number().describe('milliseconds');
export const time = z.string().describe('ISO 8601, in UTC');
export const total = z.int().describe('how many items there are');

export const errorJson = z.object({
  error: z.looseObject({ code, message: z.string().describe('what failed, on what'), hint }),
});

const helpJson = z.object({ help: z.string().describe('the text that is printed without --json') });

const versionJson = z.object({ version: z.string() });

export const FRAMEWORK_JSON_OUTPUTS = {
  error: errorJson,
  help: helpJson,
  version: versionJson,
} as const;
