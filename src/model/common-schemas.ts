import * as z from 'zod';
import type { ErrorCode } from '../errors.ts';

/** The values of a schema, readonly at every depth. */
export type ReadonlyOutput<Schema extends z.ZodType> = DeepReadonly<z.output<Schema>>;

export type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

export const time = z.string().describe('ISO 8601, in UTC');
export const day = z.string().describe('YYYY-MM-DD, in UTC');
export const durationMs = z.number().describe('milliseconds');
export const bytes = z.number().describe('bytes');
export const digest = z.string().describe('algorithm:hex, of the manifest or index');
export const platform = z.string().describe('os/arch[/variant]');

/** An error in JSON output and in reports. */
export const error = z
  .looseObject({
    code: z.string<ErrorCode>(),
    message: z.string().describe('what failed, on what'),
    hint: z.string().exactOptional().describe('what to do'),
  })
  .describe('code identifies the kind of error; new codes can be added');
