import { formatTime } from '../../../lib/text/time.ts';
import { count, formatNumber } from '../../../lib/text/words.ts';
import type { AuditReport } from '../../../model/audit.ts';
import { describeCounts } from '../../severity.ts';
import { renderPage } from '../page.ts';
import { h, type PageChild, type PageNode } from '../page-node.ts';
import { allowancesSection } from './allowances.ts';
import { differencesSection, unknownSection } from './differences.ts';
import { releasedFindings } from './package-facts.ts';
import { packageLink, packagesSection } from './package-table.ts';

/** The page of all packages, in pieces. */
export function* indexPage(report: AuditReport): Generator<string> {
  const { created, packages } = report;
  const now = new Date(created);
  const differences = packages.flatMap((pkg) =>
    pkg.differences.map((difference) => ({ difference, of: packageLink(pkg.name) })),
  );
  const unknown = packages.flatMap((pkg) =>
    pkg.unknown.map((text): PageChild[] => [packageLink(pkg.name), `: ${text}`]),
  );
  const expiring = packages.map(({ name, allowances }) => ({
    name,
    allowances: allowances.filter(({ until }) => until !== undefined),
  }));
  const sections = [
    headline(report),
    packages.length === 0 ? undefined : packagesSection(packages, now),
    differencesSection(differences),
    unknownSection(unknown),
    allowancesSection(expiring, { title: 'Allowances that expire', now, nameOf: packageLink }),
  ];
  yield* renderPage({
    title: 'Released packages',
    about: ['Audit of ', h('time', { datetime: created }, formatTime(created)), '; ages are those of that time'],
    sections: sections.filter((section) => section !== undefined),
    script: 'overview',
  });
}

function headline({ packages }: AuditReport): PageNode {
  const differences = packages.reduce((sum, pkg) => sum + pkg.differences.length, 0);
  const unknown = packages.filter((pkg) => pkg.unknown.length > 0).length;
  const kind =
    packages.length === 0 || (differences === 0 && unknown > 0) ? 'unknown' : differences > 0 ? 'found' : 'clean';
  return h(
    'section',
    { class: `verdict ${kind}`, 'aria-labelledby': 'verdict' },
    h('h2', { id: 'verdict' }, title({ packages, differences, unknown })),
    differences > 0 && unknown > 0 ? h('p', {}, `${notKnown(unknown, packages.length)}.`) : undefined,
    packages.length === 0 ? undefined : h('p', {}, released(packages)),
    held(packages),
  );
}

interface Totals extends Pick<AuditReport, 'packages'> {
  readonly differences: number;
  readonly unknown: number;
}

function title({ packages, differences, unknown }: Totals): string {
  if (packages.length === 0) return 'No package was audited';
  if (differences > 0) {
    const differing = packages.filter((pkg) => pkg.differences.length > 0).length;
    return `${count(differences, 'difference')} in ${formatNumber(differing)} of ${count(packages.length, 'package')}`;
  }
  if (unknown > 0) return notKnown(unknown, packages.length);
  return packages.length === 1
    ? 'The package is as it should be'
    : `All ${count(packages.length, 'package')} are as they should be`;
}

function notKnown(unknown: number, packages: number): string {
  return `Not everything is known about ${formatNumber(unknown)} of ${count(packages, 'package')}`;
}

function released(packages: AuditReport['packages']): string {
  const images = packages.flatMap((pkg) => pkg.images);
  const { counts, known } = releasedFindings(images);
  const found = known === 0 ? 'their findings are not known' : describeCounts(counts) || 'no known vulnerability';
  const missing =
    known > 0 && known < images.length ? `; the findings of ${formatNumber(images.length - known)} are not known` : '';
  return `${count(images.length, 'image')} released: ${found}${missing}.`;
}

function held(packages: AuditReport['packages']): PageNode | undefined {
  const names = packages.filter((pkg) => pkg.held !== undefined).map(({ name }) => name);
  if (names.length === 0) return undefined;
  const links = names.flatMap((name, index) => (index === 0 ? [packageLink(name)] : [', ', packageLink(name)]));
  return h('p', {}, 'Held: ', ...links, '.');
}
