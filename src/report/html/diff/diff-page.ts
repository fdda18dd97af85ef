import { count, formatNumber } from '../../../lib/text/words.ts';
import type { ReleaseDiff } from '../../../model/release-diff.ts';
import { countSeverities } from '../../../model/severity-counts.ts';
import { findingsText, servicesText, sideText, unknownServices } from '../../diff-words.ts';
import { safeLink } from '../../html-text.ts';
import { describeCounts } from '../../severity.ts';
import { moment } from '../images-section.ts';
import { renderPage } from '../page.ts';
import { h, type PageNode } from '../page-node.ts';
import { diffFindingsSection } from './findings-section.ts';
import { diffPackagesSection } from './packages-section.ts';
import { diffServicesSection } from './services-section.ts';

export interface DiffPageOptions {
  /** The time of the page, shown on it. */
  readonly generated: Date;
  /** The registry of the releases, to link to. Omitted when it is not an http or https address, or contains a login. */
  readonly harborUrl?: string | undefined;
}

/** A page about what differs between two releases, in pieces: a single HTML file that loads nothing and has no script. */
export function* diffPage(diff: ReleaseDiff, options: DiffPageOptions): Generator<string> {
  const { findings } = diff;
  const sections: (PageNode | undefined)[] = [
    headline(diff),
    diffServicesSection(diff),
    diffFindingsSection(diff, 'new'),
    diffFindingsSection(diff, 'fixed'),
    diffPackagesSection(diff),
    findings.remaining.length > 0 ? diffFindingsSection(diff, 'remaining') : undefined,
  ];
  yield* renderPage({
    title: `${diff.package}: release ${diff.from.number} → ${diff.to.number}`,
    about: about(diff, options),
    sections: sections.filter((section) => section !== undefined),
  });
}

/** First what is not known, then what is new: what is fixed is no reason to wait. */
function headline(diff: ReleaseDiff): PageNode {
  const { findings, warnings } = diff;
  const unknown = unknownServices(diff);
  const kind = unknown.length > 0 ? 'unknown' : findings.new.length > 0 ? 'found' : 'clean';
  return h(
    'section',
    { class: `verdict ${kind}`, 'aria-labelledby': 'verdict' },
    h('h2', { id: 'verdict' }, title(diff)),
    findings.new.length > 0 ? h('p', {}, `New: ${describeCounts(countSeverities(findings.new))}.`) : undefined,
    findings.fixed.length > 0 ? h('p', {}, `Fixed: ${describeCounts(countSeverities(findings.fixed))}.`) : undefined,
    h('p', {}, `Services: ${servicesText(diff)}.`),
    unknown.length === 0 || !diff.scanned
      ? undefined
      : h(
          'ul',
          { class: 'missing' },
          unknown.map(({ name, findingsUnknown }) =>
            h('li', {}, 'Not known for ', h('span', { class: 'id' }, name), `: ${findingsUnknown}.`),
          ),
        ),
    ...warnings.map((warning) => h('p', { class: 'aside' }, `${warning}.`)),
  );
}

function title(diff: ReleaseDiff): string {
  const { findings, services, scanned } = diff;
  if (!scanned) return 'Not scanned: findings are not known';
  const unknown = unknownServices(diff).length;
  if (unknown > 0) return `Findings of ${formatNumber(unknown)} of ${count(services.length, 'service')} are not known`;
  if (findings.new.length > 0) return findingsText(diff);
  return findings.fixed.length > 0 ? `No new finding, ${findingsText(diff).replace('0 new, ', '')}` : 'No new finding';
}

function about(diff: ReleaseDiff, { generated, harborUrl }: DiffPageOptions): (PageNode | string)[] {
  const iso = generated.toISOString();
  const href = harborUrl === undefined ? undefined : safeLink(harborUrl);
  const parts: (PageNode | string)[] = [
    `From ${sideText(diff.from)} to ${sideText(diff.to)}. Compared on `,
    h('time', { datetime: iso }, moment(iso)),
  ];
  if (href === undefined) return parts;
  return [...parts, ', at ', h('a', { href, rel: 'noopener noreferrer' }, new URL(href).host)];
}
