import type { PipelineOutcome } from '../../model/enums.ts';
import { GATE_LABELS } from '../../model/labels.ts';
import type { ImageVerdict, Verdict } from '../../model/verdict.ts';
import { evaluatePolicy } from '../policy/evaluate.ts';
import type { GateImage } from '../policy/image.ts';
import type { RunContext } from '../run/context.ts';
import type { StageResult } from '../run/run-progress.ts';
import type { ImagePlan } from './image-plan.ts';

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
 * Whether only images are rejected that are public already, and `scan.onUnchanged` lets the others be released. Warns of them.
 */
export function isOnlyUnchanged(
  { policy, progress }: RunContext,
  planned: readonly ImagePlan[],
  verdict: Verdict,
): boolean {
  if (policy.onUnchanged !== 'warn' || verdict.outcome !== 'rejected') return false;
  const rejected = verdict.images.filter(({ outcome }) => outcome === 'rejected');
  const changed = planned.filter(({ action }) => action !== 'unchanged' && action !== 'same-content');
  const isChanged = ({ repository }: ImageVerdict): boolean =>
    changed.some(({ image }) => image.repository === repository);
  // Without another image nothing would be released, and the run is rejected as it is.
  if (changed.length === 0 || rejected.some(isChanged)) return false;
  for (const image of rejected)
    progress.warn(
      `${nameOf(image)} is rejected, and its public image is unchanged: the others are released (scan.onUnchanged)`,
    );
  return true;
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
