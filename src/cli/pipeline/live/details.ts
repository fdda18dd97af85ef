import type { PushProgress } from '../../../docker/push/progress.ts';
import { formatBytes } from '../../../lib/text/bytes.ts';
import { formatDuration } from '../../../lib/text/duration.ts';
import { sanitizeLine } from '../../../lib/text/sanitize.ts';
import { shortDigest } from '../../../lib/text/words.ts';
import { describeAction } from '../../../model/labels.ts';
import type { Colors } from '../../../terminal/output-stream.ts';
import { formatCounts, paintCounts, stateText } from '../../../terminal/severity.ts';
import type { StyledText } from '../../../terminal/styled-line.ts';
import { padTo, widthOf } from '../../../terminal/width.ts';
import { type PipelineState, type PushState, progressOf, type ScanState, scannedImages } from './state.ts';

/** A line below the stage that runs. */
export interface Detail {
  /** The image's name, shown only in the first of several consecutive lines. */
  readonly name?: string;
  readonly parts: readonly StyledText[];
  /** Not finished yet. When there is no space for all lines, these are kept. */
  readonly open: boolean;
}

interface DetailOptions {
  readonly columns: number;
  readonly colors: Colors;
  readonly now: number;
}

/** The progress of the running stage, in a few words. */
export function runningSummary(state: PipelineState): string {
  const { images, checks, overallPush, promotions } = state;
  const of = (done: number, { length } = images): string => `${done} of ${length} ${length === 1 ? 'image' : 'images'}`;
  switch (state.running?.name) {
    case 'preflight': {
      const ended = [...checks.values()].filter(({ result }) => result !== undefined).length;
      return checks.size === 0 ? '' : `${ended} of ${checks.size} checks`;
    }
    case 'build':
      return state.build.summary;
    case 'push': {
      const { builtImages } = state;
      const done = of([...state.pushes.values()].filter(({ kind }) => kind === 'done').length, builtImages);
      return overallPush === undefined ? done : `${done}, ${amount(overallPush)}`;
    }
    case 'scan':
      if (state.scanTrouble !== undefined) return sanitizeLine(`waiting for Harbor: ${state.scanTrouble}`);
      return of(scannedImages(state));
    case 'recover':
    case 'plan':
      return sanitizeLine(state.waiting ?? '');
    case 'promote':
      return state.release === undefined ? of(promotions.size) : `release ${state.release}, ${of(promotions.size)}`;
    default:
      return '';
  }
}

/** The lines below the running stage. */
export function runningDetails(state: PipelineState, options: DetailOptions): readonly Detail[] {
  const { colors, now } = options;
  switch (state.running?.name) {
    case 'preflight':
      return [...state.checks.values()].flatMap(({ title, result }): Detail[] => {
        if (result === undefined) return [{ parts: [[`${title} …`, colors.dim]], open: true }];
        if (result.status !== 'failed') return [];
        return [{ parts: [['✗', colors.red], ` ${title}: ${sanitizeLine(result.detail)}`], open: true }];
      });
    case 'recover':
      return state.recoveries.map(({ release, action }) => ({ parts: [`release ${release}: ${action}`], open: true }));
    case 'build':
      return state.build.running(now).map((line) => ({ parts: [buildText(line, colors)], open: true }));
    case 'push':
      return state.builtImages.map(({ name }) => {
        const push = state.pushes.get(name) ?? { kind: 'waiting' };
        return { name, parts: pushParts(push, options), open: push.kind !== 'done' };
      });
    case 'scan':
      return state.images.flatMap(
        ({ name }) => reusedDetail(name, state, colors) ?? scanDetails(name, state.scans.get(name), colors),
      );
    case 'promote':
      return state.images.map(({ name }) => {
        const promotion = state.promotions.get(name);
        const plan = state.plans.get(name);
        const isUnchanged = plan?.action === 'unchanged';
        const text = isUnchanged ? describeAction(plan, 'build') : (promotion ?? 'waiting');
        const parts: readonly StyledText[] = isUnchanged || promotion === undefined ? [[text, colors.dim]] : [text];
        return { name, parts, open: !isUnchanged && promotion === undefined };
      });
    default:
      return [];
  }
}

/** An image that is not built and whose report is not renewed: `unchanged (since release 41)`. */
function reusedDetail(name: string, { plans, scans }: PipelineState, colors: Colors): Detail[] | undefined {
  const plan = plans.get(name);
  if (plan === undefined || plan.action === 'build' || scans.has(name)) return undefined;
  return [{ name, parts: [[describeAction(plan, 'build'), colors.dim]], open: false }];
}

/** Dims the output of a build step. */
function buildText(line: string, colors: Colors): StyledText {
  return /^ +\| /.test(line) ? [line, colors.dim] : line;
}

function pushParts(push: PushState, { colors, columns }: DetailOptions): StyledText[] {
  switch (push.kind) {
    case 'waiting':
      return [['waiting', colors.dim]];
    case 'failed':
      return [['failed', colors.red]];
    case 'done':
      return [['✓', colors.green], ` ${shortDigest(push.digest)} in ${formatDuration(push.durationMs)}`];
    default: {
      const progress = progressOf(push);
      if (progress === undefined) return [['starting', colors.dim]];
      const retrying: StyledText[] = push.kind === 'retrying' ? [['  retrying', colors.yellow]] : [];
      return [...bar(progress, columns < 60 ? 0 : columns < 90 ? 12 : 24, colors), amount(progress), ...retrying];
    }
  }
}

function bar({ bytes, totalBytes, layers, layersDone }: PushProgress, width: number, colors: Colors): StyledText[] {
  if (width === 0) return [];
  const share = totalBytes > 0 ? bytes / totalBytes : layersDone / Math.max(1, layers);
  const full = Math.floor(Math.min(1, share) * width);
  return [['█'.repeat(full), colors.cyan], ['░'.repeat(width - full), colors.dim], '  '];
}

/** `12.3 MB of 48.2 MB, 3 of 7 layers`; the containerd image store reports no bytes for small layers. */
function amount({ bytes, totalBytes, layers, layersDone }: PushProgress): string {
  const layersText = `${layersDone} of ${layers} layers`;
  return totalBytes === 0 ? layersText : `${formatBytes(bytes)} of ${formatBytes(totalBytes)}, ${layersText}`;
}

function scanDetails(name: string, platforms: ReadonlyMap<string, ScanState> | undefined, colors: Colors): Detail[] {
  if (platforms === undefined) return [{ name, parts: [['waiting', colors.dim]], open: true }];
  const shown = (platform: string): string => sanitizeLine(platform);
  const width = Math.max(...[...platforms.keys()].map((platform) => widthOf(shown(platform))));
  return [...platforms].map(([platform, scan]) => ({
    name,
    parts: [[`${padTo(shown(platform), width)}  `, colors.dim], scanText(scan, colors)],
    open: scan.type !== 'finished',
  }));
}

function scanText(scan: ScanState, colors: Colors): StyledText {
  switch (scan.type) {
    case 'requested':
      return [scan.attached ? 'already running' : 'requested', colors.dim];
    case 'progress':
      if (scan.status === 'queued') return ['queued', colors.dim];
      return [scan.percent === undefined ? 'running' : `running, ${scan.percent} %`, colors.cyan];
    case 'finished':
      if (scan.state === 'clean') return ['clean', colors.green];
      if (scan.state === 'findings') return [formatCounts(scan.counts), (text) => paintCounts(text, colors)];
      return [stateText(scan.state), colors.red];
  }
}
