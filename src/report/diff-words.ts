import { formatBytes } from '../lib/text/bytes.ts';
import { formatTime } from '../lib/text/time.ts';
import { count, formatNumber, joinWords } from '../lib/text/words.ts';
import { DIFF_CHANGES, isScanned } from '../model/enums.ts';
import { SCAN_STATE_LABELS } from '../model/labels.ts';
import type { ComparedImage, ComparedService, DiffSide, ReleaseDiff } from '../model/release-diff.ts';
import type { SeverityCounts } from '../model/scan-report.ts';
import { total } from '../model/severity-counts.ts';
import { describeCounts } from './severity.ts';

// What the terminal, Markdown and HTML say of a comparison of releases.

/** The words for what became of a finding, in the order in which they are told. */
export const FINDING_CHANGES = [
  { key: 'new', word: 'new' },
  { key: 'fixed', word: 'fixed' },
  { key: 'remaining', word: 'still there' },
] as const;

/** `release 11 of 2026-05-30 10:15 UTC, commit 41d0c9e2f3 with changes` */
export function sideText({ kind, number, created, revision, dirty }: DiffSide): string {
  const commit = revision === undefined ? '' : `, commit ${shortCommit(revision)}${dirty ? ' with changes' : ''}`;
  return `${kind} ${number} of ${formatTime(created)}${commit}`;
}

/** As much of a commit as people tell. */
export function shortCommit(revision: string): string {
  return revision.slice(0, 10);
}

/** `1 added, 2 changed, 3 unchanged` */
export function servicesText({ services }: ReleaseDiff): string {
  const parts = DIFF_CHANGES.flatMap((change) => {
    const number = services.filter((each) => each.change === change).length;
    return number === 0 ? [] : [`${number} ${change}`];
  });
  return parts.length === 0 ? 'none' : parts.join(', ');
}

/** The services whose findings are not known; all of a registry without a scanner. */
export function unknownServices({ services }: ReleaseDiff): readonly ComparedService[] {
  return services.filter(({ findingsUnknown }) => findingsUnknown !== undefined);
}

/** `3 new, 12 fixed, 40 still there; not known for worker`. Never "none" where something is not known. */
export function findingsText(diff: ReleaseDiff): string {
  if (!diff.scanned) return 'not scanned: the registry has no scanner';
  const unknown = unknownServices(diff);
  const compared = diff.services.filter(({ findings }) => findings !== undefined);
  if (compared.length === 0) return unknown.length === 0 ? 'nothing to compare' : 'not known';
  const numbers = FINDING_CHANGES.map(({ key, word }) => `${formatNumber(diff.findings[key].length)} ${word}`);
  const except = unknown.length === 0 ? '' : `; not known for ${joinWords(unknown.map(({ name }) => name))}`;
  return `${numbers.join(', ')}${except}`;
}

/** The findings of a service: `1 new (1 critical), 2 fixed (2 high), 12 still there (12 low)`; why they are not known. */
export function serviceFindingsText({ change, findings, findingsUnknown }: ComparedService): string {
  if (findingsUnknown !== undefined) return `not known: ${findingsUnknown}`;
  if (findings === undefined) return 'gone with the service';
  const told = FINDING_CHANGES.filter(({ key }) => total(findings[key]) > 0);
  if (told.length === 0) return change === 'changed' ? 'none in either image' : 'none';
  return told.map(({ key, word }) => countsText(findings[key], word)).join(', ');
}

/** `12 fixed (2 high and 10 low)` */
function countsText(counts: SeverityCounts, word: string): string {
  return `${formatNumber(total(counts))} ${word} (${describeCounts(counts)})`;
}

/** The packages of a service: `3 changed, 1 added`; why they are not known; undefined where nothing is compared. */
export function servicePackagesText({ packages, packagesUnknown }: ComparedService): string | undefined {
  if (packagesUnknown !== undefined) return `not known: ${packagesUnknown}`;
  if (packages === undefined) return undefined;
  const parts = (['changed', 'added', 'removed'] as const).flatMap((change) =>
    packages[change] === 0 ? [] : [`${formatNumber(packages[change])} ${change}`],
  );
  return parts.length === 0 ? 'the same' : parts.join(', ');
}

/** `48.2 MB → 49.0 MB (+800 kB)`; of a service in one release alone its size; undefined where none is known. */
export function sizeText({ from, to }: ComparedService): string | undefined {
  const [before, after] = [from?.sizeBytes, to?.sizeBytes];
  if (before === undefined || after === undefined) {
    const one = after ?? before;
    return one === undefined ? undefined : formatBytes(one);
  }
  const more = after - before;
  if (more === 0) return `${formatBytes(after)}, the same`;
  return `${formatBytes(before)} → ${formatBytes(after)} (${more > 0 ? '+' : '-'}${formatBytes(Math.abs(more))})`;
}

/** The time of an image's report, the oldest of its platforms; why there is none. */
export function reportText({ reports }: ComparedImage, describe: (time: string) => string = formatTime): string {
  const [missing] = reports.filter(({ state }) => !isScanned(state));
  if (reports.length === 0) return 'no report';
  if (missing !== undefined) return SCAN_STATE_LABELS[missing.state].toLowerCase();
  const times = reports.flatMap(({ finished }) => finished ?? []).sort();
  return times[0] === undefined ? 'of an unknown time' : describe(times[0]);
}

/** `3 new findings`, for a heading. */
export function listHeading(number: number, key: keyof ReleaseDiff['findings']): string {
  const word = { new: 'new finding', fixed: 'fixed finding', remaining: 'finding that is still there' }[key];
  return count(number, word, key === 'remaining' ? 'findings that are still there' : `${word}s`);
}
