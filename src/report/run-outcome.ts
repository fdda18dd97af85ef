import { count, joinWords } from '../lib/text/words.ts';
import { describeAction, GATE_LABELS } from '../model/labels.ts';
import { mainPromotion } from '../model/main-promotion.ts';
import type { PipelineImage, PipelineRun, Promotion } from '../model/pipeline-run.ts';
import { countSeverities } from '../model/severity-counts.ts';
import type { ImageVerdict } from '../model/verdict.ts';
import { describeCounts } from './severity.ts';

/** The outcome of a run in one line. */
export function headline(run: PipelineRun): string {
  const images = run.images.length;
  const rejected = run.verdict?.images.filter(({ outcome }) => outcome === 'rejected').length ?? 0;
  switch (run.outcome) {
    case 'passed':
      return images === 1 ? 'Released: the image passed' : `Released: all ${count(images, 'image')} passed`;
    case 'unchanged':
      return `Unchanged: ${images === 1 ? 'the image is' : `all ${count(images, 'image')} are`} released already`;
    case 'unscanned':
      return 'Released without a scan';
    case 'rejected':
      if (images === 1) return 'Rejected: the image did not pass';
      return rejected === 0 ? 'Rejected' : `Rejected: ${rejected} of ${count(images, 'image')} did not pass`;
    case 'scan-failed':
      return 'Not released: a scan failed';
    case 'scanner-down':
      return 'Not released: the scanner is down';
    case 'timed-out':
      return 'Not released: a scan timed out';
    case 'conflict':
      return touched(run) > 0
        ? 'Somebody else moved a tag during the release'
        : 'Not released: somebody else moved a tag';
    case 'failed':
      return `Failed${duringStage(run)}`;
    case 'cancelled':
      return `Cancelled${duringStage(run)}`;
  }
}

/** The color of the outcome: `clean` for a release, `found` for a rejection or failure, `unknown` without a decision. */
export function outcomeKind({ outcome }: PipelineRun): 'clean' | 'found' | 'unknown' {
  if (outcome === 'passed' || outcome === 'unchanged') return 'clean';
  return outcome === 'rejected' || outcome === 'conflict' || outcome === 'failed' ? 'found' : 'unknown';
}

/** Where the public tags point now. This follows from each image's promotion, not from the run's outcome. */
export function tagsSentence(run: PipelineRun): string {
  const recovered = run.recovered.reduce((sum, { references }) => sum + references.length, 0);
  if (recovered === 0) return promotionSentence(run);
  const tags = count(recovered, 'public tag');
  return `${promotionSentence(run)} Before that, the recovery of an earlier run moved ${tags}.`;
}

function promotionSentence(run: PipelineRun): string {
  const of = (promotion: Promotion) => run.images.filter((image) => mainPromotion(image) === promotion).length;
  const parts = [
    part(of('moved'), 'moved'),
    part(of('created'), 'created'),
    part(of('unchanged'), 'already pointed to its image', 'already pointed to their images'),
    part(of('undone'), 'undone'),
    part(of('in-doubt'), 'in doubt'),
    part(of('none'), 'not touched'),
  ].filter((text) => text !== '');
  const several = run.tags.length > 1;
  const tags = `The public ${several ? 'tags' : 'tag'} ${joinWords(run.tags)}`;
  const point = several ? 'point' : 'points';
  if (run.outcome === 'unchanged') return `${tags} ${point} to ${these(run)}, as before.`;
  if (run.promoted) return `${tags} ${point} to ${these(run)}: ${joinWords(parts)}.`;
  if (touched(run) > 0)
    return `${tags} ${several ? 'do' : 'does'} not point to all of these images: ${joinWords(parts)}.`;
  if (of('undone') > 0)
    return `${tags} ${point} to what ${several ? 'they' : 'it'} pointed to before: the moves were undone.`;
  if (run.outcome === 'conflict') return 'This run moved no public tag to its images, and released nothing.';
  return run.recovered.some(({ references }) => references.length > 0)
    ? 'No public tag was moved to an image of this run.'
    : `No public tag was touched: ${joinWords(run.tags)} ${point} to what ${several ? 'they' : 'it'} pointed to before.`;
}

function these({ images }: PipelineRun): string {
  return images.length === 1 ? 'this image' : 'these images';
}

function part(number: number, one: string, several = one): string {
  return number === 0 ? '' : `${number} ${number === 1 ? one : several}`;
}

const TOUCHED: ReadonlySet<Promotion> = new Set(['moved', 'created', 'in-doubt']);

/** How many public tags were moved or created, or may have been. */
function touched({ images }: PipelineRun): number {
  return images.filter((image) => TOUCHED.has(mainPromotion(image))).length;
}

const STAGE_WORDS = {
  preflight: 'preflight',
  recover: 'recovery of an earlier run',
  plan: 'comparison with the last release',
  build: 'build',
  push: 'push',
  scan: 'scan',
  gate: 'gate',
  promote: 'promotion',
  registries: 'writing of registries.yaml',
} as const satisfies Record<PipelineRun['stages'][number]['name'], string>;

function duringStage({ stages }: PipelineRun): string {
  const failed = stages.find(({ status }) => status === 'failed');
  return failed === undefined ? '' : ` during the ${STAGE_WORDS[failed.name]}`;
}

/** Why an image does not pass: `2 critical and 1 high`, or why its findings are not known. Empty for one that passed. */
export function objection({ outcome, rejecting, reason }: ImageVerdict): string {
  if (outcome === 'passed') return '';
  if (rejecting.length === 0) return reason ?? GATE_LABELS[outcome].toLowerCase();
  return [describeCounts(countSeverities(rejecting)), reason].filter((text) => text !== undefined).join('; ');
}

/** Images that a run has built for the same reasons. */
export interface BuildReason {
  readonly names: readonly string[];
  readonly reasons: readonly string[];
}

/** Why a run has built images, and for which it was in vain. */
export function buildReasons({ images }: Pick<PipelineRun, 'images'>): BuildReason[] {
  const groups = new Map<string, { readonly names: string[]; readonly reasons: readonly string[] }>();
  for (const { service, repository, action, reasons = [] } of images) {
    if ((action !== 'build' && action !== 'same-content') || reasons.length === 0) continue;
    const key = reasons.join('\n');
    const group = groups.get(key) ?? { names: [], reasons };
    group.names.push(service ?? repository);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** What a run did about an image: `unchanged (since release 41)`; empty when it ended before that was decided. */
export function actionText({ action, release }: PipelineImage): string {
  return action === undefined ? '' : describeAction({ action, release }, 'built');
}
