import type { PipelineOutcome } from '../../model/enums.ts';
import { GATE_LABELS } from '../../model/labels.ts';
import type { ImageVerdict, Verdict } from '../../model/verdict.ts';
import { evaluatePolicy } from '../policy/evaluate.ts';
import type { GateImage } from '../policy/image.ts';
import type { RunContext } from '../run/context.ts';
import type { StageResult } from '../run/run-progress.ts';
import type { ImagePlan } from './image-plan.ts';
import { showPlan } from './plan.ts';

export interface GateStage extends StageResult {
  readonly verdict: Verdict;
}

/** Evaluates the policy on all images. One image that does not pass keeps all of them from being released. */
export async function gateImages(context: RunContext, images: readonly GateImage[]): Promise<GateStage> {
  const verdict = evaluateImages(context, images);
  return { verdict, detail: detailOf(verdict), failed: verdict.outcome !== 'passed' };
}

/** Evaluates the images and records the verdict. The promotion does it again when the registry refuses an image. */
export function evaluateImages({ policy, environment, progress }: RunContext, images: readonly GateImage[]): Verdict {
  const verdict = evaluatePolicy(policy, images, environment.now());
  progress.update({ verdict });
  void progress.emit({ type: 'verdict', verdict });
  return verdict;
}

/**
 * What to release although images are rejected: undefined unless all of those are public already, others are to be released, and
 * `scan.onUnchanged` does not let the former keep the latter back. Warns of the rejected ones. One that was built again and is
 * rejected as well stays what it is.
 */
export function releaseOthers(
  context: RunContext,
  planned: readonly ImagePlan[],
  verdict: Verdict,
): readonly ImagePlan[] | undefined {
  const { policy, progress } = context;
  if (policy.onUnchanged !== 'warn' || verdict.outcome !== 'rejected') return undefined;
  const rejected = verdict.images.filter(({ outcome }) => outcome === 'rejected');
  const others = planned.map((plan): ImagePlan | undefined => {
    if (!rejected.some(({ repository }) => repository === plan.image.repository)) return plan;
    if (plan.released === undefined) return isPublic(plan) ? plan : undefined;
    return { ...plan.released, reasons: [...plan.reasons, 'that image is rejected as well'] };
  });
  const released = others.flatMap((plan) => plan ?? []);
  if (released.length < planned.length || released.every(isPublic)) return undefined;
  for (const plan of released) if (!planned.includes(plan)) showPlan(context, plan);
  for (const image of rejected)
    progress.warn(
      `${nameOf(image)} is rejected, and its public image is unchanged: the others are released (scan.onUnchanged)`,
    );
  return released;
}

/** Whether no public tag moves to the image. */
function isPublic({ action }: ImagePlan): boolean {
  return action === 'unchanged' || action === 'same-content';
}

/** The outcome of a run whose verdict is not `passed`. */
export function outcomeOfVerdict({ outcome }: Verdict): PipelineOutcome {
  return outcome === 'not-scanned' || outcome === 'report-too-old' ? 'scan-failed' : outcome;
}

function detailOf({ outcome, images }: Verdict): string {
  if (outcome === 'passed') return images.length === 1 ? 'passed' : `all ${images.length} passed`;
  const others = images.filter((image) => image.outcome !== 'passed');
  return others.map((image) => `${nameOf(image)} ${GATE_LABELS[image.outcome].toLowerCase()}`).join(', ');
}

function nameOf({ service, repository }: ImageVerdict): string {
  return service ?? repository;
}
