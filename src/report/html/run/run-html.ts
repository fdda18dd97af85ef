import { formatDuration } from '../../../lib/text/duration.ts';
import type { PipelineReport, PipelineRun } from '../../../model/pipeline-run.ts';
import { gateMarks } from '../../gate-marks.ts';
import { safeLink } from '../../html-text.ts';
import { runImages } from '../../run-images.ts';
import { hasResult } from '../../scanned-image.ts';
import { mergeFindings } from '../finding-rows.ts';
import { findingsSection } from '../findings-section.ts';
import { moment } from '../images-section.ts';
import { groupByPackage } from '../package-groups.ts';
import { renderPage } from '../page.ts';
import { pageData } from '../page-data.ts';
import { h, type PageNode } from '../page-node.ts';
import { summary } from '../summary.ts';
import { runDecision } from './decision.ts';
import { runImagesSection } from './images-section.ts';
import { runMatrix } from './matrix.ts';
import { runNotes } from './notes.ts';
import { runStages } from './stages.ts';
import { runVerdict } from './verdict-section.ts';

export interface RunPageOptions {
  /** The Harbor of the run, to link to. Omitted when it is not an http or https address, or contains a login. */
  readonly harborUrl?: string | undefined;
}

/**
 * The page of a run in pieces: one HTML file that needs nothing else and asks for nothing. The verdict first, then the stages, the
 * images, and all findings. Whatever the report holds is shown as text.
 */
export function* runPage(report: PipelineReport, options: RunPageOptions = {}): Generator<string> {
  const { run } = report;
  const images = runImages(report);
  const scanned = images.flatMap((image) => image.scanned);
  const names = scanned.map(({ name }) => name);
  const rows = mergeFindings(
    scanned.map(({ scan }) => (hasResult(scan) ? scan : { findings: [] })),
    run.verdict && gateMarks(run.verdict),
  );
  const groups = groupByPackage(rows);
  const decision = run.verdict && runDecision(run.verdict, images);
  const table = images.length > 0 ? runImagesSection(images) : undefined;
  const matrix = rows.length > 0 && images.length > 1 ? runMatrix(images, rows) : undefined;
  const stages = runStages(run);
  const sections: (PageNode | undefined)[] = [
    runVerdict(run, images),
    // Of a run that has changed nothing, what is released says more than what the run did.
    ...(run.outcome === 'unchanged'
      ? [table, matrix, decision, stages, runNotes(run)]
      : [decision, stages, table, runNotes(run), matrix]),
    ...(rows.length > 0 ? [summary(rows, groups), findingsSection(names, rows, groups)] : []),
  ];
  yield* renderPage({
    title: `${run.package}:${run.tags[0]}`,
    about: about(run, options),
    sections: sections.filter((section) => section !== undefined),
    ...(rows.length > 0 ? { script: 'findings' as const, data: pageData(names, rows) } : {}),
  });
}

function about({ run, started, durationMs, registry, release }: PipelineRun, { harborUrl }: RunPageOptions) {
  const href = harborUrl === undefined ? undefined : safeLink(harborUrl);
  return [
    'Pipeline run of ',
    h('time', { datetime: started }, moment(started)),
    `, which took ${formatDuration(durationMs)}, at `,
    href === undefined ? registry.host : h('a', { href, rel: 'noopener noreferrer' }, registry.host),
    registry.project === undefined ? '' : `, project ${registry.project}`,
    release === undefined ? '' : `, release ${release.number}`,
    h('span', { class: 'run-id' }, run),
  ];
}
