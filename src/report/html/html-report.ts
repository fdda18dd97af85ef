import type { ScanReport } from '../../model/scan-report.ts';
import { safeLink } from '../html-text.ts';
import { hasResult, scannedImages } from '../scanned-image.ts';
import { type WriteOptions, writePieces } from '../write-pieces.ts';
import { mergeFindings } from './finding-rows.ts';
import { findingsSection } from './findings-section.ts';
import { headlineSection } from './headline.ts';
import { imagesSection, moment } from './images-section.ts';
import { groupByPackage } from './package-groups.ts';
import { renderPage } from './page.ts';
import { pageData } from './page-data.ts';
import { h, type PageNode } from './page-node.ts';
import { summary } from './summary.ts';

export interface HtmlReportOptions {
  readonly title: string;
  /** The time of the report, shown on the page. */
  readonly generated: Date;
  /** The Harbor that the scans are from, to link to. Omitted when it is not an http or https address, or contains a login. */
  readonly harborUrl?: string;
}

/**
 * A page about the scans of one or several artifacts: a single HTML file that loads nothing.
 *
 * All text of the reports is escaped. For many findings {@link writeHtmlReport} needs less memory.
 *
 * @example
 * await writeFile('scan.html', renderHtmlReport([report], { title: 'axion/api', generated: new Date() }));
 */
export function renderHtmlReport(reports: readonly ScanReport[], options: HtmlReportOptions): string {
  return [...htmlReport(reports, options)].join('');
}

/** Writes the page of {@link renderHtmlReport} piece by piece with backpressure, and ends the stream unless `end` is false. */
export async function writeHtmlReport(
  reports: readonly ScanReport[],
  options: HtmlReportOptions & WriteOptions,
  writable: NodeJS.WritableStream,
): Promise<void> {
  await writePieces(htmlReport(reports, options), writable, options);
}

/** The page of {@link renderHtmlReport} as an iterable of pieces. */
export function* htmlReport(reports: readonly ScanReport[], options: HtmlReportOptions): Generator<string> {
  const images = scannedImages(reports);
  const names = images.map(({ name }) => name);
  const rows = mergeFindings(images.map(({ scan }) => (hasResult(scan) ? scan : { findings: [] })));
  const groups = groupByPackage(rows);
  const sections: PageNode[] = [headlineSection(images, rows)];
  if (rows.length > 0) sections.push(summary(rows, groups));
  if (images.length > 0) sections.push(imagesSection(images));
  if (rows.length > 0) sections.push(findingsSection(names, rows, groups));
  yield* renderPage({
    title: options.title,
    about: about(options),
    sections,
    ...(rows.length > 0 ? { script: 'findings' as const, data: pageData(names, rows) } : {}),
  });
}

function about({ generated, harborUrl }: HtmlReportOptions): (PageNode | string)[] {
  const iso = generated.toISOString();
  const parts: (PageNode | string)[] = ['Vulnerability report of ', h('time', { datetime: iso }, moment(iso))];
  const href = harborUrl === undefined ? undefined : safeLink(harborUrl);
  if (href === undefined) return parts;
  return [...parts, ', from the scans of ', h('a', { href, rel: 'noopener noreferrer' }, new URL(href).host)];
}
