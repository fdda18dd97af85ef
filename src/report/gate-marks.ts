import type { Finding } from '../scan-report.ts';
import type { AllowedFinding, JudgedFinding, Verdict } from '../verdict.ts';

/** What a gate said of a finding: that it rejects, or why it may pass; undefined for one that decides nothing. */
export type GateMark = 'rejects' | Pick<AllowedFinding, 'reason' | 'until'>;

export type GateMarks = (finding: Finding) => GateMark | undefined;

/** What a verdict says of each finding: the same for all images, for one policy judged them. */
export function gateMarks({ images }: Pick<Verdict, 'images'>): GateMarks {
  const marks = new Map<string, GateMark>();
  for (const { allowed, rejecting } of images) {
    for (const finding of allowed) marks.set(keyOf(finding), finding);
    for (const finding of rejecting) marks.set(keyOf(finding), 'rejects');
  }
  return (finding) => marks.get(keyOf(finding));
}

function keyOf({ id, severity, package: name, version, fixVersion }: Finding | JudgedFinding): string {
  return [id, severity, name, version, fixVersion].join('\0');
}
