import type { Finding } from '../model/scan-report.ts';
import type { AllowedFinding, EvaluatedFinding, Verdict } from '../model/verdict.ts';

/** What a gate said of a finding: that it rejects, or why it may pass; undefined for one that decides nothing. */
export type GateMark = 'rejects' | Pick<AllowedFinding, 'reason' | 'until'>;

export type GateMarks = (finding: Finding) => GateMark | undefined;

/** What a verdict says of each finding: the same for all images, for one policy judged them. */
export function gateMarks({ images }: Pick<Verdict, 'images'>): GateMarks {
  const rejecting = byId(images.flatMap((image) => image.rejecting));
  const allowed = byId(images.flatMap((image) => image.allowed));
  return (finding) => (rejecting(finding) === undefined ? allowed(finding) : 'rejects');
}

// By their ids and then side by side: a key for each of hundreds of thousands would take more room than they do.
function byId<Judged extends EvaluatedFinding>(findings: readonly Judged[]): (finding: Finding) => Judged | undefined {
  const known = new Map<string, Judged[]>();
  for (const finding of findings) {
    const alike = known.get(finding.id);
    if (alike === undefined) known.set(finding.id, [finding]);
    else if (!alike.some((other) => isSame(other, finding))) alike.push(finding);
  }
  return (finding) => known.get(finding.id)?.find((other) => isSame(other, finding));
}

function isSame(a: EvaluatedFinding, b: Finding | EvaluatedFinding): boolean {
  return (
    a.package === b.package && a.version === b.version && a.severity === b.severity && a.fixVersion === b.fixVersion
  );
}
