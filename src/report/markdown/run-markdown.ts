import { formatDuration } from '../../lib/text/duration.ts';
import { joinWords, shortDigest } from '../../lib/text/words.ts';
import { mainPromotion } from '../../model/main-promotion.ts';
import type { PipelineRun } from '../../model/pipeline-run.ts';
import { actionText, buildReasons, headline, objection, tagsSentence } from '../run-outcome.ts';
import { markdownTable, markdownText } from './markdown.ts';
import { findingsMarkdown, list, verdictNotes } from './verdict-markdown.ts';

export interface RunMarkdownOptions {
  /** What else to say, a sentence each: the settings that would change the verdict. */
  readonly remarks?: readonly string[] | undefined;
}

/** A run of the pipeline in GitHub Flavored Markdown, a line each: for the summary of a CI job. */
export function* runMarkdown(run: PipelineRun, { remarks = [] }: RunMarkdownOptions = {}): Generator<string> {
  const { images, verdict } = run;
  const release = run.release === undefined ? '' : ` (release ${run.release.number})`;
  yield `### ${markdownText(`${run.package} ${run.tags.join(', ')}`)}: ${markdownText(headline(run))}${release}`;
  yield '';
  yield markdownText(tagsSentence(run));
  if (run.error !== undefined) {
    yield '';
    yield `**${markdownText(run.error.message)}**`;
    if (run.error.hint !== undefined) yield markdownText(run.error.hint);
  }
  const nameOf = ({ service, repository }: { readonly service?: string; readonly repository: string }) =>
    service ?? repository;
  yield* markdownTable(
    ['Image', 'What', 'Public tag', 'Why not', 'Digest'],
    images.map((image) => {
      const own = verdict?.images.find(({ repository }) => repository === image.repository);
      return [
        nameOf(image),
        actionText(image),
        mainPromotion(image),
        own === undefined ? '' : objection(own),
        image.digest === undefined ? '' : shortDigest(image.digest),
      ];
    }),
  );
  yield* list(buildReasons(run).map(({ names, reasons }) => `${joinWords(names)} built: ${reasons.join('; ')}`));
  if (verdict !== undefined) yield* findingsMarkdown(verdict, nameOf);
  yield* markdownTable(
    ['Stage', 'Status', 'Time', 'Result'],
    run.stages.map(({ name, status, durationMs, detail = '' }) => [
      name,
      status,
      durationMs === undefined ? '' : formatDuration(durationMs),
      detail,
    ]),
  );
  yield* list([...(verdict === undefined ? [] : verdictNotes(verdict, nameOf)), ...run.warnings, ...remarks]);
}
