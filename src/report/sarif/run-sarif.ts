import { escapeUnprintable } from '../../lib/text/sanitize.ts';
import { shortDigest } from '../../lib/text/words.ts';
import { GATE_LABELS } from '../../model/labels.ts';
import type { PipelineReport, PipelineRun } from '../../model/pipeline-run.ts';
import { gateMarks } from '../gate-marks.ts';
import { isDecided, type RunImage, runImages } from '../run-images.ts';
import { headline } from '../run-outcome.ts';
import { hasResult } from '../scanned-image.ts';
import { jsonPieces, type LazyObject, plain } from './lazy-json.ts';
import { limitResults } from './limit-results.ts';
import { sarifOf, sarifUri } from './log.ts';
import type { SarifOptions } from './sarif.ts';
import { messageText } from './text.ts';

const DESCRIPTORS = {
  'run-unscanned': 'An image was released or left without a scan',
  'run-undecided': 'The gate could not evaluate an image',
  'run-refused': "The registry's own policy refuses an image",
  'run-conflict': 'Somebody else moved a public tag',
  'run-ended': 'The run ended with an error',
  'run-warning': 'A warning of the run',
} as const;

/**
 * A run of the pipeline as a SARIF 2.1.0 log. Only rejecting findings are errors. Findings of the allow-list are suppressed, with
 * their reason. The SARIF run did not succeed when the findings of an image are not known.
 */
export function toRunSarif(report: PipelineReport, options: SarifOptions): object {
  return plain(runLog(report, options)) as object;
}

/** The log of {@link toRunSarif} as text in pieces. */
export function* runSarif(report: PipelineReport, options: SarifOptions): Generator<string> {
  yield* jsonPieces(runLog(report, options));
  yield '\n';
}

/** How many findings {@link toRunSarif} leaves out, because a code host does not take more, as a sentence; undefined for none. */
export function runSarifOmission(report: PipelineReport): string | undefined {
  return limitResults(runImages(report).flatMap(({ scanned }) => scanned)).omission;
}

function runLog(report: PipelineReport, { version, location }: SarifOptions): LazyObject {
  const { run } = report;
  const images = runImages(report);
  const complete = images.length > 0 && images.every(({ scanned }) => scanned.length > 0);
  return sarifOf(
    images.flatMap(({ scanned }) => scanned),
    {
      version,
      uriOf: sarifUri(location),
      executed: complete && run.error === undefined && images.every(({ verdict }) => isDecided(verdict)),
      notifications: [...notifications(run, images)],
      descriptors: Object.entries(DESCRIPTORS).map(([id, text]) => ({ id, shortDescription: { text } })),
      marks: run.verdict === undefined ? undefined : gateMarks(run.verdict),
      invocation: { startTimeUtc: run.started, endTimeUtc: run.finished },
      run: {
        // Code hosts distinguish several packages of one repository by it.
        automationDetails: {
          id: `objdocker/${encodeURIComponent(escapeUnprintable(run.package))}/${run.run}`,
          description: { text: messageText(headline(run)) },
        },
        properties: { outcome: run.outcome, scanned: run.scanned, promoted: run.promoted },
      },
    },
  );
}

function* notifications(run: PipelineRun, images: readonly RunImage[]): Generator<LazyObject> {
  for (const { image, scanned, verdict } of images) {
    if (scanned.length === 0) {
      const why = run.scanned ? 'the run ended before its scan' : 'the run was started with --no-scan';
      yield notice('run-unscanned', 'error', `${image.reference} was not scanned: ${why}. Nothing is known about it.`);
    } else if (verdict?.outcome === 'rejected' && verdict.reason !== undefined) {
      yield notice('run-refused', 'error', `${image.reference}: ${verdict.reason}`);
    } else if (verdict !== undefined && !isDecided(verdict) && scanned.every(({ scan }) => hasResult(scan))) {
      const reason = verdict.reason === undefined ? '' : ` (${verdict.reason})`;
      yield notice(
        'run-undecided',
        'error',
        `${image.reference}: ${GATE_LABELS[verdict.outcome].toLowerCase()}${reason}.`,
      );
    }
  }
  for (const { reference, expected, found } of run.conflicts) {
    const before = expected === undefined ? 'did not exist' : `pointed to ${shortDigest(expected)}`;
    const now = found === undefined ? 'is gone' : `points to ${shortDigest(found)}`;
    yield notice('run-conflict', 'error', `${reference} ${before} when the run started, and ${now} now.`);
  }
  if (run.error !== undefined) {
    const { code, message, hint } = run.error;
    yield notice('run-ended', 'error', `${code}: ${message}${hint === undefined ? '' : ` ${hint}`}`);
  }
  for (const warning of run.warnings) yield notice('run-warning', 'warning', warning);
}

function notice(id: keyof typeof DESCRIPTORS, level: 'error' | 'warning', text: string): LazyObject {
  return { level, descriptor: { id }, message: { text: messageText(text) } };
}
