import { storedRelease } from '../../model/release.ts';
import { promotedRelease, rollbackReport } from '../../model/rollback.ts';

/** The JSON output of `rollback`, `promote`, `hold` and `resume`. */
export const ROLLBACK_JSON_OUTPUTS = {
  rollback: rollbackReport,
  promote: promotedRelease,
  hold: storedRelease,
  resume: storedRelease,
} as const;
