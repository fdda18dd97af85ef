import { joinWords } from '../../lib/text/words.ts';
import { mainPromotion } from '../../model/main-promotion.ts';
import type { PipelineRun, Recovery } from '../../model/pipeline-run.ts';

/** What happened to the public tags of a run, the recovery of earlier runs included, in a sentence. */
export function tagsText(run: PipelineRun): string {
  const moved = run.recovered.filter(({ references }) => references.length > 0);
  return [promotionText(run), ...moved.map((recovery) => `before that, this run ${recoveryText(recovery)}`)].join('; ');
}

/** What happened to the public tags when the run promoted its images, in a sentence. */
export function promotionText({ promoted, images, tags, release, outcome, recovered }: PipelineRun): string {
  const count = `${images.length} ${images.length === 1 ? 'image' : 'images'}`;
  const moved = images.filter((image) => ['created', 'moved'].includes(mainPromotion(image)));
  if (promoted) {
    const which = images.length === 1 ? 'this image' : `these ${count}`;
    const point = tags.length === 1 ? 'points' : 'point';
    if (outcome === 'unchanged')
      return `unchanged: release ${release?.number} has ${which}, and ${joinWords(tags)} ${point} to ${images.length === 1 ? 'it' : 'them'}`;
    const what = release === undefined ? 'promoted' : `release ${release.number}`;
    return `${what}: ${joinWords(tags)} ${moved.length === 0 ? `already ${point} to` : `${point} to`} ${which}`;
  }
  const unknown = images.flatMap((image) => image.tags.filter(({ promotion }) => promotion === 'in-doubt'));
  if (unknown.length > 0) {
    const names = unknown.map(({ reference }) => reference).join(', ');
    const verb = unknown.length === 1 ? 'points' : 'point';
    return `promotion incomplete: the registry did not confirm what ${names} ${verb} to; the next run completes or undoes the promotion`;
  }
  if (moved.length > 0)
    return outcome === 'conflict'
      ? `promotion incomplete: somebody else moved a public tag after this run did; not all of the ${count} have their public tag`
      : `promotion incomplete: ${moved.length} of ${count} have their public tag; the next run completes or undoes the promotion`;
  if (images.some((image) => mainPromotion(image) === 'undone'))
    return 'not promoted: the public tags that were moved point to their previous images again';
  return recovered.some(({ references }) => references.length > 0)
    ? 'not promoted: the public tags were not moved to the images of this run'
    : 'not promoted: the public tags were not touched';
}

/** What was done about the release that an earlier run has left, in a sentence. */
export function recoveryText({ release, run, action, references }: Recovery): string {
  const which = references.length === 0 ? '' : `: ${references.join(', ')}`;
  switch (action) {
    case 'finished':
      return `finished release ${release}, which ${run} had left${which}`;
    case 'undone':
      return `undid release ${release}, which ${run} had left${which}`;
    case 'complete':
      return `recorded the end of release ${release}, of which ${run} had moved all tags`;
  }
}

/** What to do next. Empty when there is nothing to do, and for a failed run: its error has a hint of its own. */
export function pipelineAdvice(run: PipelineRun): string[] {
  const policy = `${run.package}.deployment.scan`;
  switch (run.outcome) {
    case 'rejected':
      return [
        `fix the listed findings (with a newer base image, or a package version with the fix), or allow a finding by its ID, with a reason and a last day, in ${policy}.allow. Then run the pipeline again.`,
      ];
    case 'scan-failed':
      return ['run the same command again. It reuses what was built and pushed, and starts the scan again.'];
    case 'scanner-down':
      return ["check Harbor's components (objdocker registry), then run the same command again."];
    case 'timed-out':
      return [
        'run the same command again. It reuses what was built and pushed; the scans continue in Harbor meanwhile. --timeout waits longer.',
        ...(run.staged.length === 0 ? [] : [`or check the scans without a release: ${gateCommand(run)}`]),
      ];
    case 'conflict':
      return [
        'find out who moves these tags: objdocker releases shows what is on record. Then run the pipeline again.',
      ];
    default:
      return [];
  }
}

function gateCommand({ staged, package: name, registry }: PipelineRun): string {
  const repos = staged.map((reference) => reference.slice(registry.host.length + 1));
  return `objdocker gate --package ${name} --wait ${repos.join(' ')}`;
}
