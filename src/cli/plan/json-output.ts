import * as z from 'zod';
import { packagePlan } from '../../model/plan.ts';

/** The JSON output of `plan` and of `pipeline --dry-run`. */
export const PLAN_JSON_OUTPUTS = {
  plan: z.object({ packages: z.array(packagePlan) }),
} as const;
