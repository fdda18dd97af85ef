import type { Finding } from '../model/scan-report.ts';
import type { AllowedFinding, EvaluatedFinding, Verdict } from '../model/verdict.ts';

/** The verdict on a finding: it rejects, or it is allowed for a reason. */
export type GateMark = 'rejects' | Pick<AllowedFinding, 'reason' | 'until'>;

export type GateMarks = (finding: Finding) => GateMark | undefined;

/** The verdict on each finding. It is the same for all images, because they are evaluated by one policy. */
export function gateMarks({ images }: Pick<Verdict, 'images'>): GateMarks {
  const rejecting = byId(images.flatMap((image) => image.rejecting));
  const allowed = byId(images.flatMap((image) => image.allowed));
  return (finding) => (rejecting(finding) === undefined ? allowed(finding) : 'rejects');
}

// Keyed by id only: a longer key for each of hundreds of thousands of findings would need more memory than they do.
function byId<Item extends EvaluatedFinding>(findings: readonly Item[]): (finding: Finding) => Item | undefined {
  const known = new Map<string, Item[]>();
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
