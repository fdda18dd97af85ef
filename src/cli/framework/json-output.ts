import * as z from 'zod';
import { error } from '../../model/common-schemas.ts';

// Parts that the JSON outputs of several commands share.

/** Every error code is a literal of `ErrorCode`; programs should expect new ones. */
export const code = z.string().describe('what went wrong, as a literal');
export const hint = z.string().optional().describe('what to do about it');
export const total = z.int().describe('how many items there are');

export const errorJson = z.object({ error });

const helpJson = z.object({ help: z.string().describe('the text that is printed without --json') });

const versionJson = z.object({ version: z.string() });

export const FRAMEWORK_JSON_OUTPUTS = {
  error: errorJson,
  help: helpJson,
  version: versionJson,
} as const;
