import { basename, dirname } from 'node:path';
import { formatBytes } from '../../../lib/text/bytes.ts';
import { formatDuration } from '../../../lib/text/duration.ts';
import { sanitizeLine } from '../../../lib/text/sanitize.ts';
import { shortDigest } from '../../../lib/text/words.ts';
import type { PipelineImage, PipelineRun } from '../../../model/pipeline-run.ts';
import type { RunReportFiles } from '../../../report/report.ts';
import { fittingTable, type TableColumn } from '../../../terminal/fitting-table.ts';
import { clipStart } from '../../../terminal/width.ts';
import { wrap } from '../../../terminal/wrap.ts';
import type { Colors } from '../../framework/output.ts';
import { renderVerdict } from '../../gate/render-verdict.ts';
import { pipelineAdvice, promotionText } from './advice.ts';
import { recoveryText } from './lines.ts';

export interface RenderRunOptions {
  /** The terminal's width; undefined for what is no terminal. */
  readonly columns: number | undefined;
  readonly colors: Colors;
  /** Where the reports of the run are. */
  readonly reports?: RunReportFiles | undefined;
}

/** What a run came to, for people: the verdict, the images, then what else there is to know, and what to do next. */
export function* renderRun(run: PipelineRun, options: RenderRunOptions): Generator<string> {
  const { columns, colors } = options;
  const { verdict, images } = run;
  const say = (text: string): string => wrap(text, columns);
  if (run.outcome === 'unscanned') {
    const loud = colors.bold(colors.yellow('NOT SCANNED'));
    yield say(`${loud}: the images were released without a scan and without a gate, as it was asked for`);
  }
  if (run.outcome === 'scanner-down' && verdict === undefined) {
    const why = run.stages.find(({ status }) => status === 'failed')?.detail ?? 'it does not answer';
    yield say(`${colors.bold(colors.red('SCANNER DOWN'))}: nothing was built, for nothing can be scanned`);
    yield say(`  ${sanitizeLine(why)}`);
  }
  if (verdict !== undefined) {
    yield* renderVerdict(verdict, { columns, colors, nameOf: ({ service, repository }) => service ?? repository });
  }
  // A run that failed before there was anything to release is told by its error, one without a scanner by what is said above.
  const isBuilt = images.some(({ digest }) => digest !== undefined);
  if ((run.error === undefined && isBuilt) || images.some(({ promotion }) => promotion !== 'none')) {
    yield '';
    yield* imageTable(images, options);
    yield '';
  }
  for (const recovery of run.recovered) yield say(sanitizeLine(`recovered: ${recoveryText(recovery)}`));
  for (const { reference, expected, found } of run.conflicts) {
    const was = expected === undefined ? 'there was no such tag' : `it stood for ${shown(expected, options)}`;
    const is = found === undefined ? 'is gone' : `stands for ${shown(found, options)}`;
    yield say(`${colors.yellow('conflict:')} ${sanitizeLine(`${reference} ${is}; when the run began, ${was}`)}`);
  }
  // After a time-out they are there on purpose, and the advice names them.
  if (run.staged.length > 0 && run.outcome !== 'timed-out') {
    yield run.registry.type === 'harbor'
      ? say('staging tags that are still there (objdocker pipeline --clean takes them off):')
      : say('staging tags that stay, for such a registry cannot take a tag off without its image:');
    for (const reference of run.staged) yield `  ${sanitizeLine(reference)}`;
  }
  if (run.registries !== undefined) {
    const { path, changed } = run.registries;
    yield say(sanitizeLine(`registries.yaml: ${path} ${changed ? 'was written' : 'is as it should be'}`));
  }
  if (options.reports !== undefined) {
    const files = Object.values(options.reports);
    const names = files.map((file) => basename(file)).sort();
    yield say(sanitizeLine(`reports: ${names.join(', ')} in ${dirname(files[0] ?? '')}`));
  }
  // The error of a cancelled run says it.
  if (run.outcome !== 'cancelled') {
    const time = colors.dim(`(${formatDuration(run.durationMs)})`);
    yield say(`${colors.bold(sanitizeLine(promotionText(run)))} ${time}`);
  }
  yield* pipelineAdvice(run).map((text) => say(`${colors.cyan('next:')} ${sanitizeLine(text)}`));
}

function* imageTable(images: readonly PipelineImage[], options: RenderRunOptions): Generator<string> {
  const { columns: width, colors } = options;
  const hasServices = images.some(({ service }) => service !== undefined);
  const columns: TableColumn<PipelineImage>[] = [
    ...(hasServices ? [{ head: 'SERVICE', cell: ({ service }: PipelineImage) => service ?? '', floor: 10 }] : []),
    // Its end tells it from the others.
    { head: 'IMAGE', cell: ({ reference }) => reference, floor: 48, clip: clipStart, spare: hasServices ? 1 : 0 },
    { ...digestColumn('DIGEST', ({ digest }) => digest), spare: 3 },
    {
      head: 'SIZE',
      cell: ({ sizeBytes }) => (sizeBytes === undefined ? '' : formatBytes(sizeBytes)),
      whole: ({ sizeBytes }) => (sizeBytes === undefined ? '' : String(sizeBytes)),
      spare: 2,
    },
    {
      head: 'PUBLIC TAG',
      cell: ({ promotion }) => (promotion === 'none' ? 'untouched' : promotion),
      paint: (text, { promotion }) => promotionColor(promotion, colors)(text),
    },
    ...(images.some(({ previous }) => previous !== undefined)
      ? [{ ...digestColumn('BEFORE', ({ previous }) => previous), paint: (text: string) => colors.dim(text), spare: 4 }]
      : []),
  ];
  yield* fittingTable(images, columns, { width, colors });
}

function digestColumn(
  head: string,
  digestOf: (image: PipelineImage) => string | undefined,
): TableColumn<PipelineImage> {
  const show = (image: PipelineImage, shorten: (digest: string) => string): string => {
    const digest = digestOf(image);
    return digest === undefined ? '-' : shorten(digest);
  };
  return { head, cell: (image) => show(image, shortDigest), whole: (image) => show(image, (digest) => digest) };
}

function promotionColor(promotion: PipelineImage['promotion'], colors: Colors): (text: string) => string {
  switch (promotion) {
    case 'created':
    case 'moved':
      return colors.green;
    case 'restored':
    case 'unknown':
      return colors.yellow;
    default:
      return colors.dim;
  }
}

/** A digest as long as there is room for. */
function shown(digest: string, { columns }: RenderRunOptions): string {
  return columns === undefined ? digest : shortDigest(digest);
}
