import { releaseDiff } from '../../model/release-diff.ts';

export const DIFF_JSON_OUTPUTS = { diff: releaseDiff } as const;
