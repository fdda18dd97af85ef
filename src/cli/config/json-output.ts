import * as z from 'zod';
import { hint } from '../framework/json-output.ts';

const configCheckJson = z.object({
  items: z.array(
    z.object({
      severity: z.enum(['error', 'warning']),
      file: z.string(),
      line: z.int(),
      column: z.int(),
      path: z.string(),
      message: z.string(),
      excerpt: z.string().describe('the offending line, secrets masked'),
      hint,
    }),
  ),
  total: z.int(),
});

/** The package with its defaults. A value that cannot be determined is text in angle brackets with the reason. */
const configShowJson = z.looseObject({
  name: z.string(),
  configFile: z.string(),
  directory: z.string(),
  registry: z.record(z.string(), z.unknown()),
  image: z.record(z.string(), z.unknown()),
  compile: z.record(z.string(), z.unknown()),
  scan: z.record(z.string(), z.unknown()),
  k3s: z.record(z.string(), z.unknown()),
});

export const CONFIG_JSON_OUTPUTS = {
  'config-check': configCheckJson,
  'config-show': configShowJson,
} as const;
