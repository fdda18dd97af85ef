import { formatBytes } from '../../lib/text/bytes.ts';
import { formatAge } from '../../lib/text/duration.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { joinWords, shortDigest } from '../../lib/text/words.ts';
import type { RecordState } from '../../model/enums.ts';
import { describeHold, GATE_LABELS } from '../../model/labels.ts';
import type { ReleasedService, StoredRelease } from '../../model/release.ts';
import { isRelease } from '../../release/records.ts';
import { fittingTable, type TableColumn } from '../../terminal/fitting-table.ts';
import type { Colors } from '../../terminal/output-stream.ts';
import { formatCounts } from '../../terminal/severity.ts';
import { wrap } from '../../terminal/wrap.ts';
import { timeColumn } from '../harbor/columns.ts';

export interface RenderReleaseOptions {
  /** The terminal's width; undefined when the output is not a terminal. */
  readonly columns: number | undefined;
  readonly colors: Colors;
  readonly now: Date;
}

/** How a terminal shows the state of a record. */
const STATE_LABELS: Readonly<Record<RecordState, string>> = {
  open: 'in progress or left',
  done: 'done',
  undoing: 'being undone',
  undone: 'undone',
};

/** A table of releases, one line each. */
export function* renderReleases(
  releases: readonly StoredRelease[],
  { columns: width, colors, now }: RenderReleaseOptions,
): Generator<string> {
  const columns: TableColumn<StoredRelease>[] = [
    {
      head: 'NUMBER',
      cell: ({ number, kind }) => (kind === 'release' ? String(number) : `${number} (${kind})`),
      paint: (text, { currentFor }) => (currentFor.length > 0 ? colors.bold(text) : text),
    },
    timeColumn('AGE', ({ created }) => created, { now }),
    { head: 'TAGS', cell: ({ tags }) => tags.join(' '), minWidth: 8, dropOrder: 4 },
    { head: 'REVISION', cell: revisionText(10), fullCell: revisionText(), dropOrder: 2 },
    {
      head: 'CHANGED',
      cell: (release) => (isRelease(release) ? changedText(release) : (release.reason ?? '')),
      minWidth: 12,
      dropOrder: 3,
    },
    { head: 'VERDICT', cell: (release) => (isRelease(release) ? verdictText(release) : '') },
    { head: 'BY', cell: ({ by }) => by.user ?? by.ci ?? '', dropOrder: 1 },
    {
      head: 'STATE',
      cell: stateText,
      paint: (text, { state, currentFor }) =>
        currentFor.length > 0 ? colors.green(text) : state === 'done' ? text : colors.yellow(text),
    },
  ];
  yield* fittingTable(releases, columns, { width, colors });
}

function stateText({ state, currentFor }: StoredRelease): string {
  return currentFor.length > 0 ? `current: ${currentFor.join(' ')}` : STATE_LABELS[state];
}

function revisionText(digits?: number) {
  return ({ revision }: StoredRelease): string =>
    revision === undefined ? '' : `${revision.commit.slice(0, digits)}${revision.dirty ? '-dirty' : ''}`;
}

/** The services of which a public tag was moved or created. */
function changedText({ services }: StoredRelease): string {
  const changed = services.filter(({ tags }) => tags.some(({ action }) => action !== 'unchanged'));
  if (changed.length === services.length && changed.length > 1) return `all ${changed.length}`;
  return changed.length === 0 ? 'none' : changed.map(nameOf).join(' ');
}

function verdictText({ services }: StoredRelease): string {
  const outcomes = new Set(services.map(({ verdict }) => verdict?.outcome));
  if (outcomes.size === 1 && outcomes.has('passed')) return GATE_LABELS.passed.toLowerCase();
  const [worst] = [...outcomes].filter((outcome) => outcome !== undefined && outcome !== 'passed');
  return worst === undefined ? 'not scanned' : GATE_LABELS[worst].toLowerCase();
}

function nameOf({ service, repository }: ReleasedService): string {
  return service ?? repository;
}

/** Everything about one release. */
export function* renderRelease(release: StoredRelease, options: RenderReleaseOptions): Generator<string> {
  const { columns: width, colors, now } = options;
  const { number, kind, package: name, created, by, revision, tags, policy, run, digest, held, withdrawn } = release;
  const age = formatAge(now.getTime() - Date.parse(created));
  yield colors.bold(wrap(sanitizeLine(`${kind} ${number} of ${name}: ${stateText(release)}`), width));
  const facts: [string, string | undefined][] = [
    ['released', `${created} (${age} ago)`],
    ['by', [by.user, by.host, by.ci].filter((text) => text !== undefined).join(', ')],
    ['job', by.url],
    ['reason', release.reason],
    ['images', release.target === undefined ? undefined : `of release ${release.target}`],
    ['forced', release.forced === true ? "today's policy was against it" : undefined],
    ['revision', revision === undefined ? undefined : `${revision.commit}${revision.dirty ? ', with changes' : ''}`],
    ['committed', revision?.committed],
    ['tags', joinWords(tags)],
    ['policy', policy !== undefined ? policyText(policy.failOn) : isRelease(release) ? 'not scanned' : undefined],
    ['database', release.database],
    ['held', held === undefined ? undefined : describeHold(held)],
    ['withdrawn', withdrawn === undefined ? undefined : withdrawnText(withdrawn)],
    ['run', run],
    ['record', width === undefined ? digest : shortDigest(digest)],
  ];
  for (const [label, text] of facts) {
    if (text !== undefined && text !== '') yield wrap(`  ${colors.dim(label.padEnd(10))} ${sanitizeLine(text)}`, width);
  }
  if (release.services.length === 0) return;
  yield '';
  yield* serviceTable(release, options);
}

/** The images that are withdrawn after the release: `api sha256:9f3c21ab07d1 (rollback 13)`. */
function withdrawnText(withdrawn: NonNullable<StoredRelease['withdrawn']>): string {
  return joinWords(
    withdrawn.map(({ repository, digest, number }) => `${repository}@${shortDigest(digest)} (rollback ${number})`),
  );
}

function policyText(failOn: string): string {
  return failOn === 'none' ? 'no severity rejects' : `${failOn} and worse reject`;
}

/** What happened to the public tags of a service: `moved 1.0 latest, created 1.4.2`. */
function tagsText({ tags }: ReleasedService): string {
  const actions = [...new Set(tags.map(({ action }) => action))];
  return actions
    .map((action) => [action, ...tags.filter((each) => each.action === action).map(({ tag }) => tag)].join(' '))
    .join(', ');
}

function* serviceTable(
  { services }: StoredRelease,
  { columns: width, colors }: RenderReleaseOptions,
): Generator<string> {
  const digestCell = (digest: string | undefined) => ({
    short: digest === undefined ? '-' : shortDigest(digest),
    full: digest ?? '-',
  });
  const columns: TableColumn<ReleasedService>[] = [
    { head: 'SERVICE', cell: nameOf, minWidth: 10 },
    { head: 'DIGEST', cell: ({ digest }) => digestCell(digest).short, fullCell: ({ digest }) => digest },
    {
      head: 'TAGS',
      cell: tagsText,
      minWidth: 12,
    },
    {
      head: 'BEFORE',
      cell: ({ tags }) => digestCell(tags[0]?.before).short,
      fullCell: ({ tags }) => digestCell(tags[0]?.before).full,
      dropOrder: 4,
    },
    { head: 'SINCE', cell: ({ since }) => String(since), dropOrder: 3 },
    {
      head: 'FINDINGS',
      cell: ({ verdict }) => (verdict === undefined ? 'not scanned' : formatCounts(verdict.counts) || 'none'),
      dropOrder: 2,
    },
    {
      head: 'SIZE',
      cell: ({ sizeBytes }) => (sizeBytes === undefined ? '' : formatBytes(sizeBytes)),
      dropOrder: 1,
    },
  ];
  yield* fittingTable(services, columns, { width, colors });
}
