import type { ScanEvent } from '../../../harbor/scan/scan-event.ts';
import { formatDuration } from '../../../lib/text/duration.ts';
import { sanitizeLine } from '../../../lib/text/sanitize.ts';
import { shortDigest } from '../../../lib/text/words.ts';
import type { StageName } from '../../../model/enums.ts';
import { describeAction } from '../../../model/labels.ts';
import type { StageRecord } from '../../../model/pipeline-run.ts';
import type { PipelineEvent } from '../../../pipeline/events.ts';
import { formatCounts, stateText } from '../../../terminal/severity.ts';
import { buildLines } from '../../build/render-build.ts';
import { recoveryText } from '../run-text.ts';
import { type PipelineState, scannedImages } from './state.ts';

/**
 * The log lines of an event. Each begins with its stage.
 *
 * @param state the state before the event
 */
export function pipelineLines(event: PipelineEvent, state: PipelineState, { verbose }: { verbose: boolean }): string[] {
  switch (event.type) {
    case 'run-started':
      // There are no images when the config or the Dockerfile is invalid. An error reports that.
      return [
        line(
          'pipeline',
          [
            event.package,
            ...(event.images.length === 0 ? [] : [countOf(event.images.length)]),
            `run ${event.run}`,
          ].join(', '),
        ),
      ];
    case 'waiting':
      return [line('pipeline', event.message)];
    case 'stage-started':
      // Scans may take minutes without an event.
      if (event.stage === 'scan') return [line('scan', scansText(state))];
      return verbose ? [line(event.stage, 'started')] : [];
    case 'stage-finished':
      return stageLines(withoutFailedCheck(event.stage, state), verbose);
    case 'preflight': {
      if (event.event.type === 'check-started') return [];
      const { title, status, detail } = event.event.check;
      // Warnings are printed elsewhere.
      if (status === 'failed') return detail === CANCELLED ? [] : [line('preflight', `${title} failed: ${detail}`)];
      return verbose && status !== 'warning' ? [line('preflight', `${title}: ${detail}`)] : [];
    }
    case 'plan':
      return planLines(event, state, verbose);
    case 'build':
      return buildLines(event.event, state.build).map((text) => line('build', text));
    case 'push':
      return pushLines(event.event, state);
    case 'scan':
      return scanLines(state.nameOf(event.reference), event.event, state, verbose);
    case 'promotion': {
      const { reference, promotion, digest } = event;
      const what = { created: `created for ${shortDigest(digest)}`, moved: `moved to ${shortDigest(digest)}` };
      return [line('promote', `${reference} ${promotion in what ? what[promotion as keyof typeof what] : promotion}`)];
    }
    case 'release':
      return [line('promote', `release ${event.number}: its record is ${shortDigest(event.digest)}`)];
    case 'recovered':
      return [line('recover', recoveryText(event.recovery))];
    default:
      return [];
  }
}

function planLines(
  { reference, action, reasons, release }: Extract<PipelineEvent, { type: 'plan' }>,
  state: PipelineState,
  verbose: boolean,
): string[] {
  const name = state.nameOf(reference);
  // Known only after the build.
  const stage = action === 'same-content' ? 'build' : 'plan';
  if (action !== 'build') return [line(stage, `${name} ${describeAction({ action, release }, 'build')}`)];
  const shown = verbose ? reasons : reasons.slice(0, MOST_REASONS);
  const more = reasons.length - shown.length;
  return [line('plan', `${name} to build: ${shown.join('; ')}${more === 0 ? '' : `; and ${more} more`}`)];
}

function scansText({ images, builtImages }: PipelineState): string {
  return builtImages.length === 0
    ? `reading the reports of ${countOf(images.length)}`
    : `waiting for the scans of ${countOf(builtImages.length)}`;
}

/** The reasons that a line names without --verbose. */
const MOST_REASONS = 3;

/** A sign of life after a silence: some CI systems end a job that prints nothing. */
export function heartbeatLine(state: PipelineState, now: number): string | undefined {
  const { running } = state;
  if (running === undefined) return undefined;
  const scans = running.name === 'scan' ? `, ${scannedImages(state)} of ${state.images.length} images scanned` : '';
  return line(running.name, `still running after ${formatDuration(now - (running.since ?? now))}${scans}`);
}

function countOf(images: number): string {
  return `${images} ${images === 1 ? 'image' : 'images'}`;
}

function line(stage: StageName | 'pipeline', text: string): string {
  return `${stage}: ${sanitizeLine(text)}`;
}

/** The detail of a stage or check that was cancelled. */
const CANCELLED = 'cancelled';

/** Drops the detail of a failed preflight: the failed check has a line already, and the error repeats it. */
function withoutFailedCheck(stage: StageRecord, { checks }: PipelineState): StageRecord {
  if (stage.name !== 'preflight' || stage.status !== 'failed' || stage.detail === CANCELLED) return stage;
  if (![...checks.values()].some(({ result }) => result?.status === 'failed')) return stage;
  const { detail: _said, ...rest } = stage;
  return rest;
}

function stageLines({ name, status, detail, durationMs }: StageRecord, verbose: boolean): string[] {
  const more = detail === undefined ? '' : `: ${detail}`;
  if (status === 'skipped') return verbose ? [line(name, `skipped${more}`)] : [];
  const took = durationMs === undefined ? '' : ` ${status === 'done' ? 'in' : 'after'} ${formatDuration(durationMs)}`;
  if (status === 'failed' && detail === CANCELLED) return [line(name, `${CANCELLED}${took}`)];
  return [line(name, `${status}${took}${more}`)];
}

function pushLines(event: Extract<PipelineEvent, { type: 'push' }>['event'], state: PipelineState): string[] {
  switch (event.type) {
    case 'push-finished': {
      const { reference, digest, durationMs } = event.image;
      return [line('push', `${state.nameOf(reference)}: ${shortDigest(digest)} in ${formatDuration(durationMs)}`)];
    }
    case 'push-failed':
      return [line('push', `${state.nameOf(event.reference)}: failed`)];
    case 'push-retrying': {
      const name = state.nameOf(event.reference);
      // The engine repeats the event every second: print one line.
      return state.pushes.get(name)?.kind === 'retrying'
        ? []
        : [line('push', `${name}: retrying layer ${event.layer}`)];
    }
    default:
      return [];
  }
}

function scanLines(name: string, event: ScanEvent, state: PipelineState, verbose: boolean): string[] {
  if (event.type === 'trouble')
    return event.message === state.scanTrouble ? [] : [line('scan', `waiting for Harbor: ${event.message}`)];
  const image = `${name} ${event.platform}`;
  switch (event.type) {
    case 'requested': {
      const what = event.attached ? 'a scan is already running: waiting for it' : 'scan started';
      return verbose ? [line('scan', `${image}: ${what}`)] : [];
    }
    case 'progress': {
      const percent = event.percent === undefined ? '' : ` (${event.percent} %)`;
      return verbose ? [line('scan', `${image}: ${event.status}${percent}`)] : [];
    }
    case 'finished':
      return [
        line('scan', `${image}: ${event.state === 'findings' ? formatCounts(event.counts) : stateText(event.state)}`),
      ];
  }
}
