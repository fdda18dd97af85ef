import type { PipelineRun } from '../../../model/pipeline-run.ts';

/** What became of the public tags, in a sentence. */
export function promotionText({ promoted, images, tag, outcome }: PipelineRun): string {
  const count = `${images.length} ${images.length === 1 ? 'image' : 'images'}`;
  const touched = images.filter(({ promotion }) => promotion === 'created' || promotion === 'moved');
  if (promoted) {
    const what = `promoted: ${tag} stands for ${images.length === 1 ? 'this image' : `these ${count}`}`;
    return touched.length === 0 ? `${what}, as it did before` : what;
  }
  const unknown = images.filter(({ promotion }) => promotion === 'unknown');
  if (unknown.length > 0) {
    const names = unknown.map(({ reference }) => reference).join(', ');
    return `not promoted as a whole: the registry does not say what ${names} ${unknown.length === 1 ? 'stands' : 'stand'} for, and the next run finishes or undoes it`;
  }
  if (touched.length > 0)
    return outcome === 'conflict'
      ? `somebody else moved a tag after it was promoted: not all of the ${count} are as this run left them`
      : `half promoted: ${touched.length} of ${count} have their public tag, and the next run finishes or undoes it`;
  if (images.some(({ promotion }) => promotion === 'restored'))
    return 'nothing is promoted: the public tags that had been moved are back where they were';
  return 'nothing is promoted: the public tags are as they were';
}

/** What to do next, where the run's outcome leaves something to do; an error has its own hint. */
export function pipelineAdvice(run: PipelineRun): string[] {
  const policy = `${run.package}.deployment.scan`;
  switch (run.outcome) {
    case 'rejected':
      return [
        `mend what is listed (a newer base image, a version with the fix), or allow a finding by its id, with a reason and a last day, under ${policy}.allow. Then run the pipeline again.`,
      ];
    case 'scan-failed':
      return ['run the same command again: what is built and pushed is not built again, and the scan is started anew.'];
    case 'scanner-down':
      return [`see what is wrong with Harbor's components (objdocker registry), then run the same command again.`];
    case 'timed-out':
      return [
        'run the same command again: what is built and pushed is not built again, and the scans go on in Harbor meanwhile. --timeout waits longer.',
        ...(run.staged.length === 0 ? [] : [`or look at them without a release: ${gateCommand(run)}`]),
      ];
    case 'conflict':
      return [
        'look at who else releases this package, and let the runs take turns (in CI by a concurrency group). Then run the pipeline again.',
      ];
    default:
      return [];
  }
}

function gateCommand({ staged, package: name, registry }: PipelineRun): string {
  const repos = staged.map((reference) => reference.slice(registry.host.length + 1));
  return `objdocker gate --package ${name} --wait ${repos.join(' ')}`;
}
