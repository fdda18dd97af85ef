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

const section = z.record(z.string(), z.unknown());

/** A config.yaml of the package, by its name, with its defaults. A value that cannot be determined is the text in the file. */
const configShowJson = z.record(
  z.string(),
  z.object({
    deployment: z.object({
      registry: section,
      image: section,
      compile: section,
      scan: section,
      release: section,
      k3s: section,
    }),
  }),
);

export const CONFIG_JSON_OUTPUTS = {
  'config-check': configCheckJson,
  'config-show': configShowJson,
} as const;
