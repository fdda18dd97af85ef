import * as z from 'zod';
import { durationMs } from '../../model/common-schemas.ts';
import { checkWarnings } from '../build/json-output.ts';
import { code, hint } from '../framework/json-output.ts';

const registryJson = z.object({
  host: z.string(),
  url: z.string(),
  type: z.enum(['harbor', 'plain']),
  version: z.string().optional(),
  status: z
    .enum(['healthy', 'unhealthy', 'unusable', 'unreachable'])
    .describe('unusable: it responds, but not to this login or project, or it is no registry'),
  components: z.array(z.object({ name: z.string(), status: z.string(), error: z.string().optional() })).optional(),
  user: z.string().optional(),
  findings: z.array(z.object({ level: z.enum(['ok', 'warning', 'error']), code, message: z.string(), hint })),
  durationMs,
});

const preflightJson = z.object({
  ok: z.boolean(),
  checks: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      status: z.enum(['ok', 'warning', 'failed', 'skipped']),
      detail: z.string(),
      hint,
      errorCode: code.optional(),
      warnings: checkWarnings.optional().describe("what BuildKit's own checks of the Dockerfile say"),
      durationMs,
    }),
  ),
});

export const PREFLIGHT_JSON_OUTPUTS = {
  preflight: preflightJson,
  registry: registryJson,
} as const;
