import type { PipelineOutcome } from '../../model/pipeline-run.ts';
import type { GateOutcome, ImageVerdict, Verdict } from '../../model/verdict.ts';
import { judge } from '../policy/evaluate.ts';
import type { JudgedSubject } from '../policy/image.ts';
import type { RunContext } from '../run/context.ts';
import type { StageResult } from '../run/record.ts';

export interface GateStage extends StageResult {
  readonly verdict: Verdict;
}

/** Applies the policy to all images; one that does not pass keeps all of them from being released. */
export async function gateImages(context: RunContext, subjects: readonly JudgedSubject[]): Promise<GateStage> {
  const verdict = passVerdict(context, subjects);
  return { verdict, detail: detailOf(verdict), failed: verdict.outcome !== 'passed' };
}

/** Judges the images, and says so. Again, when the registry has its own word to say. */
export function passVerdict({ policy, machine, record }: RunContext, subjects: readonly JudgedSubject[]): Verdict {
  const verdict = judge(policy, subjects, machine.environment.now());
  record.note({ verdict });
  void record.emit({ type: 'verdict', verdict });
  return verdict;
}

/** What a verdict other than `passed` makes of the run. */
export function outcomeOfVerdict({ outcome }: Verdict): PipelineOutcome {
  return outcome === 'not-scanned' ? 'scan-failed' : outcome;
}

function detailOf({ outcome, images }: Verdict): string {
  if (outcome === 'passed') return images.length === 1 ? 'passed' : `all ${images.length} passed`;
  const others = images.filter((image) => image.outcome !== 'passed');
  return others.map((image) => `${nameOf(image)} ${WORDS[image.outcome]}`).join(', ');
}

function nameOf({ service, repository }: ImageVerdict): string {
  return service ?? repository;
}

const WORDS: Readonly<Record<GateOutcome, string>> = {
  passed: 'passed',
  rejected: 'rejected',
  'not-scanned': 'not scanned',
  'scan-failed': 'scan failed',
  'scanner-down': 'scanner down',
  'timed-out': 'timed out',
};
