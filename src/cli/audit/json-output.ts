import { auditReport } from '../../model/audit.ts';

/** The JSON output of `audit`. */
export const AUDIT_JSON_OUTPUTS = { audit: auditReport } as const;
