import { formatTime } from '../../../lib/text/time.ts';
import { count, joinWords } from '../../../lib/text/words.ts';
import type { AuditedPackage, EarlierRelease } from '../../../model/audit.ts';
import { GATE_OUTCOMES } from '../../../model/enums.ts';
import { describeHold } from '../../../model/labels.ts';
import { total } from '../../../model/severity-counts.ts';
import { safeLink } from '../../html-text.ts';
import { gateState } from '../images-section.ts';
import { renderPage } from '../page.ts';
import { h, type PageChild, type PageNode } from '../page-node.ts';
import { type Column, sortableTable } from '../table.ts';
import { allowancesSection } from './allowances.ts';
import { differencesSection, unknownSection } from './differences.ts';
import { currentReleases, INDEX } from './package-facts.ts';
import { packageImages } from './package-images.ts';
import { ageText, countsCell, countsValue, heldMark } from './package-table.ts';
import { isScannedRelease, trendTable } from './trend.ts';

/** The page of one package, in pieces. */
export function* packagePage(pkg: AuditedPackage, created: string): Generator<string> {
  const now = new Date(created);
  const sections = [
    headline(pkg, now),
    differencesSection(pkg.differences.map((difference) => ({ difference }))),
    unknownSection(pkg.unknown.map((text) => [text])),
    pkg.images.length === 0 ? undefined : packageImages(pkg.images),
    releasesSection(pkg.releases, now),
    allowancesSection([pkg], { title: 'Allowances', now }),
  ];
  yield* renderPage({
    title: pkg.name,
    about: about(pkg, created),
    sections: sections.filter((section) => section !== undefined),
    script: 'overview',
  });
}

function about({ host, database }: AuditedPackage, created: string): PageNode[] {
  const time = (iso: string) => h('time', { datetime: iso }, formatTime(iso));
  return [
    h('span', { class: 'line' }, h('a', { href: `../${INDEX}` }, 'All packages')),
    h(
      'span',
      { class: 'line' },
      'Audit of ',
      time(created),
      `, at ${host}`,
      ...(database === undefined ? [] : [', vulnerability database of ', time(database)]),
    ),
  ];
}

function headline(pkg: AuditedPackage, now: Date): PageNode {
  const { differences, unknown, held } = pkg;
  const kind = differences.length > 0 ? 'found' : unknown.length > 0 ? 'unknown' : 'clean';
  const title =
    differences.length > 0
      ? count(differences.length, 'difference')
      : unknown.length > 0
        ? 'Not everything is known'
        : 'As it should be';
  return h(
    'section',
    { class: `verdict ${kind}`, 'aria-labelledby': 'verdict' },
    h('h2', { id: 'verdict' }, title),
    held === undefined ? undefined : holdLine(held),
    ...currentLines(pkg, now),
  );
}

function holdLine(held: NonNullable<AuditedPackage['held']>): PageNode {
  const job = held.by.url === undefined ? undefined : safeLink(held.by.url);
  return h(
    'p',
    {},
    heldMark(),
    ` ${describeHold(held)}`,
    ...(job === undefined ? [] : [' (', h('a', { href: job, rel: 'noopener noreferrer' }, 'CI job'), ')']),
  );
}

function currentLines(pkg: AuditedPackage, now: Date): PageNode[] {
  const current = currentReleases(pkg);
  if (current.length === 0 && pkg.unknown.length === 0) return [h('p', {}, 'No release is on record.')];
  return current.map(({ release, released, tags }) =>
    h(
      'p',
      {},
      h('span', { class: 'id' }, joinWords(tags)),
      ` ${tags.length === 1 ? 'is' : 'are'} release ${release} of `,
      h('time', { datetime: released }, formatTime(released)),
      `, ${ageText(released, now)}`,
    ),
  );
}

function releasesSection(releases: readonly EarlierRelease[], now: Date): PageNode | undefined {
  if (releases.length === 0) return undefined;
  return h(
    'section',
    { class: 'releases', 'aria-labelledby': 'releases' },
    h('h2', { id: 'releases' }, 'Releases'),
    trendTable(releases),
    sortableTable(
      {
        id: 'release-table',
        caption: 'The latest releases, the newest first, with the verdict when each was made',
        columns: releaseColumns(releases, now),
      },
      releases,
    ),
  );
}

function releaseColumns(releases: readonly EarlierRelease[], now: Date): Column<EarlierRelease>[] {
  const largest = Math.max(0, ...releases.map(({ counts }) => total(counts)));
  return [
    {
      key: 'number',
      label: 'Release',
      heading: true,
      descending: true,
      value: ({ number }) => number,
      cell: ({ number, kind }): PageChild[] => [
        h('span', { class: 'id' }, String(number)),
        kind === 'release' ? undefined : h('span', { class: 'aside' }, ` ${kind}`),
      ],
    },
    {
      key: 'when',
      label: 'When',
      descending: true,
      value: ({ created }) => created,
      cell: ({ created }) => [
        h('time', { datetime: created }, formatTime(created)),
        h('span', { class: 'line aside' }, ageText(created, now)),
      ],
    },
    {
      key: 'tags',
      label: 'Public tags',
      value: ({ tags }) => tags.join(' '),
      cell: ({ tags }) => tags.join(', '),
    },
    {
      key: 'verdict',
      label: 'Verdict',
      descending: true,
      value: ({ outcome }) => (outcome === undefined ? 0 : GATE_OUTCOMES.length - GATE_OUTCOMES.indexOf(outcome)),
      cell: ({ outcome }) =>
        outcome === undefined ? h('span', { class: 'absent' }, 'not scanned') : gateState(outcome),
    },
    {
      key: 'found',
      label: 'Findings',
      descending: true,
      value: (release) => countsValue({ counts: release.counts, known: isScannedRelease(release) ? 1 : 0 }),
      cell: (release) =>
        isScannedRelease(release) ? countsCell(release.counts, largest) : h('span', { class: 'absent' }, 'not known'),
    },
  ];
}
