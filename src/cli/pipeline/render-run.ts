import { basename, dirname } from 'node:path';
import { formatBytes } from '../../lib/text/bytes.ts';
import { formatDuration } from '../../lib/text/duration.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { joinWords, shortDigest } from '../../lib/text/words.ts';
import { mainPromotion } from '../../model/main-promotion.ts';
import type { PipelineImage, PipelineRun, Promotion } from '../../model/pipeline-run.ts';
import type { RunReportFiles } from '../../report/report.ts';
import { actionText, buildReasons } from '../../report/run-outcome.ts';
import { fittingTable, type TableColumn } from '../../terminal/fitting-table.ts';
import type { Colors } from '../../terminal/output-stream.ts';
import { clipStart } from '../../terminal/width.ts';
import { wrap } from '../../terminal/wrap.ts';
import { renderVerdict } from '../gate/render-verdict.ts';
import { pipelineAdvice, promotionText, recoveryText } from './run-text.ts';

export interface RenderRunOptions {
  /** The terminal's width; undefined when the output is not a terminal. */
  readonly columns: number | undefined;
  readonly colors: Colors;
  /** The report files that were written. */
  readonly reports?: RunReportFiles | undefined;
}

/** Renders the result of a run: verdict, images, recoveries, conflicts, reports, the public tags, and what to do next. */
export function* renderRun(run: PipelineRun, options: RenderRunOptions): Generator<string> {
  const { columns, colors } = options;
  const { verdict, images } = run;
  const wrapped = (text: string): string => wrap(text, columns);
  if (!run.scanned && run.promoted) {
    const what = run.outcome === 'unchanged' ? 'nothing was scanned' : 'the images were released without a scan';
    yield wrapped(`${colors.bold(colors.yellow('NOT SCANNED'))}: ${what} (--no-scan)`);
  }
  if (run.outcome === 'scanner-down' && verdict === undefined) {
    const stage = run.stages.find(({ status }) => status === 'failed');
    const why = stage?.detail ?? 'the scanner does not respond';
    const what = stage?.name === 'build' ? 'the run ended with the build' : 'nothing was built';
    yield wrapped(`${colors.bold(colors.red('SCANNER DOWN'))}: ${what}, because nothing can be scanned`);
    yield wrapped(`  ${sanitizeLine(why)}`);
  }
  if (verdict !== undefined) {
    yield* renderVerdict(verdict, { columns, colors, nameOf: ({ service, repository }) => service ?? repository });
  }
  // A run that failed before it built an image has no table.
  const isBuilt = images.some(({ digest }) => digest !== undefined);
  if ((run.error === undefined && isBuilt) || images.some((image) => mainPromotion(image) !== 'none')) {
    yield '';
    yield* imageTable(run, options);
    yield '';
    for (const { names, reasons } of buildReasons(run))
      yield wrapped(`${colors.yellow('built:')} ${sanitizeLine(`${joinWords(names)}: ${reasons.join('; ')}`)}`);
  }
  for (const recovery of run.recovered) yield wrapped(sanitizeLine(`recovered: ${recoveryText(recovery)}`));
  for (const { reference, expected, found } of run.conflicts) {
    const was = expected === undefined ? 'it did not exist' : `it pointed to ${formatDigest(expected, options)}`;
    const is = found === undefined ? 'was removed' : `points to ${formatDigest(found, options)}`;
    yield wrapped(`${colors.yellow('conflict:')} ${sanitizeLine(`${reference} ${is}; when the run started, ${was}`)}`);
  }
  // After a timeout the staging tags remain on purpose, and the advice names them.
  if (run.staged.length > 0 && run.outcome !== 'timed-out') {
    yield run.registry.type === 'harbor'
      ? wrapped('remaining staging tags (remove them with objdocker pipeline --clean):')
      : wrapped('remaining staging tags (this type of registry cannot remove a tag without its image):');
    for (const reference of run.staged) yield `  ${sanitizeLine(reference)}`;
  }
  if (run.registries !== undefined) {
    const { path, changed } = run.registries;
    yield wrapped(sanitizeLine(`registries.yaml: ${path} ${changed ? 'was written' : 'is up to date'}`));
  }
  if (options.reports !== undefined) {
    const files = Object.values(options.reports);
    const names = files.map((file) => basename(file)).sort();
    yield wrapped(sanitizeLine(`reports: ${names.join(', ')} in ${dirname(files[0] ?? '')}`));
  }
  // The error of a cancelled run includes it.
  if (run.outcome !== 'cancelled') {
    const time = colors.dim(`(${formatDuration(run.durationMs)})`);
    yield wrapped(`${colors.bold(sanitizeLine(promotionText(run)))} ${time}`);
  }
  yield* pipelineAdvice(run).map((text) => wrapped(`${colors.cyan('next:')} ${sanitizeLine(text)}`));
}

function* imageTable({ images, recovered }: PipelineRun, options: RenderRunOptions): Generator<string> {
  const byRecovery = new Set(recovered.flatMap(({ references }) => references));
  const { columns: width, colors } = options;
  const hasServices = images.some(({ service }) => service !== undefined);
  const columns: TableColumn<PipelineImage>[] = [
    ...(hasServices ? [{ head: 'SERVICE', cell: ({ service }: PipelineImage) => service ?? '', minWidth: 10 }] : []),
    // References differ at their end.
    {
      head: 'IMAGE',
      cell: ({ reference }) => reference,
      minWidth: 48,
      clip: clipStart,
      dropOrder: hasServices ? 1 : 0,
    },
    ...(images.some(({ action }) => action !== undefined)
      ? [
          {
            head: 'WHAT',
            cell: actionText,
            paint: (text: string, { action }: PipelineImage) => (action === 'unchanged' ? colors.dim(text) : text),
            dropOrder: hasServices ? 0 : 1,
          },
        ]
      : []),
    { ...digestColumn('DIGEST', ({ digest }) => digest), dropOrder: 3 },
    {
      head: 'SIZE',
      cell: ({ sizeBytes }) => (sizeBytes === undefined ? '' : formatBytes(sizeBytes)),
      fullCell: ({ sizeBytes }) => (sizeBytes === undefined ? '' : String(sizeBytes)),
      dropOrder: 2,
    },
    {
      head: 'PUBLIC TAG',
      cell: (image) => {
        const promotion = mainPromotion(image);
        if (promotion !== 'none') return promotion;
        return image.tags.some(({ reference }) => byRecovery.has(reference)) ? 'recovered' : 'untouched';
      },
      paint: (text, image) => promotionColor(mainPromotion(image), colors)(text),
    },
    ...(images.some((image) => previousOf(image) !== undefined)
      ? [
          {
            ...digestColumn('PREVIOUS', previousOf),
            paint: (text: string) => colors.dim(text),
            dropOrder: 4,
          },
        ]
      : []),
  ];
  yield* fittingTable(images, columns, { width, colors });
}

/** What a public tag pointed to before the run: the one of which the table tells what happened. */
function previousOf(image: PipelineImage): string | undefined {
  const what = mainPromotion(image);
  return image.tags.find(({ promotion }) => promotion === what)?.previous;
}

function digestColumn(
  head: string,
  digestOf: (image: PipelineImage) => string | undefined,
): TableColumn<PipelineImage> {
  const format = (image: PipelineImage, shorten: (digest: string) => string): string => {
    const digest = digestOf(image);
    return digest === undefined ? '-' : shorten(digest);
  };
  return { head, cell: (image) => format(image, shortDigest), fullCell: (image) => format(image, (digest) => digest) };
}

function promotionColor(promotion: Promotion, colors: Colors): (text: string) => string {
  switch (promotion) {
    case 'created':
    case 'moved':
      return colors.green;
    case 'undone':
    case 'in-doubt':
      return colors.yellow;
    default:
      return colors.dim;
  }
}

/** A digest, shortened on a terminal. */
function formatDigest(digest: string, { columns }: RenderRunOptions): string {
  return columns === undefined ? digest : shortDigest(digest);
}
