import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { PipelineReport } from '../../src/model/pipeline-run.ts';
import type { ReleaseDiff } from '../../src/model/release-diff.ts';
import type { ScanReport } from '../../src/model/scan-report.ts';
import { diffPage } from '../../src/report/html/diff/diff-page.ts';
import { renderHtmlReport } from '../../src/report/html/html-report.ts';
import { runPage } from '../../src/report/html/run/run-html.ts';
import { createProject } from '../harness/project.ts';

/** A report that is open in a browser, with what the browser reported. */
export interface OpenReport extends AsyncDisposable {
  readonly page: Page;
  /** Console messages, errors and dialogs. A correct report has none. */
  readonly problems: string[];
  /** The addresses of all requests, including that of the page. */
  readonly requests: string[];
  readonly address: string;
}

export interface OpenOptions extends BrowserContextOptions {
  /** The fragment of the address, with its `#`. */
  readonly hash?: string;
}

/** Starts Debian's Chromium without a window. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    throw new Error(
      'Chromium not found at /usr/bin/chromium: run script/test, which installs it, or apt-get install chromium',
    );
  }
  // Chromium's sandbox does not work for root. The tests open only files of this project.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/** Opens the report of scans. */
export function openReport(
  browser: Browser,
  reports: readonly ScanReport[],
  options: OpenOptions = {},
): Promise<OpenReport> {
  const html = renderHtmlReport(reports, { title: 'axion/api', generated: new Date('2026-11-23T12:00:00Z') });
  return openPage(browser, html, options);
}

/** Opens the report of a pipeline run. */
export function openRun(browser: Browser, report: PipelineReport, options: OpenOptions = {}): Promise<OpenReport> {
  return openPage(browser, [...runPage(report)].join(''), options);
}

/** Opens the page about what differs between two releases. */
export function openDiff(browser: Browser, diff: ReleaseDiff, options: OpenOptions = {}): Promise<OpenReport> {
  return openPage(browser, [...diffPage(diff, { generated: new Date('2026-05-31T10:15:00Z') })].join(''), options);
}

async function openPage(browser: Browser, html: string, options: OpenOptions): Promise<OpenReport> {
  const project = await createProject({ 'report.html': html });
  const open = await openFile(browser, project.path('report.html'), options);
  return {
    ...open,
    async [Symbol.asyncDispose]() {
      await open[Symbol.asyncDispose]();
      await project[Symbol.asyncDispose]();
    },
  };
}

/** Opens a page on disk. */
export async function openFile(
  browser: Browser,
  path: string,
  { hash = '', ...options }: OpenOptions = {},
): Promise<OpenReport> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const problems: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('dialog', (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => requests.push(request.url()));
  const address = `file://${path}`;
  await page.goto(`${address}${hash}`);
  return {
    page,
    problems,
    requests,
    address,
    async [Symbol.asyncDispose]() {
      await context.close();
    },
  };
}

/** The cells of a column of the visible table, as text. */
export function column(page: Page, key: string): Promise<string[]> {
  return page
    .locator(`.view:visible tbody .cell-${key}`)
    .evaluateAll((cells) => cells.map((cell) => (cell.querySelector('.id') ?? cell).textContent ?? ''));
}

/** The words of headings that are on more than one line. */
export function brokenHeadings(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`
    [...document.querySelectorAll('h1, h2, h3, caption, thead th, thead td')].flatMap((heading) => {
      const broken = [];
      const texts = document.createTreeWalker(heading, NodeFilter.SHOW_TEXT);
      for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
        for (const { 0: word, index } of text.textContent.matchAll(/[A-Za-z]+/g)) {
          const range = document.createRange();
          range.setStart(text, index);
          range.setEnd(text, index + word.length);
          if ([...range.getClientRects()].filter(({ width }) => width > 0).length > 1) broken.push(word);
        }
      }
      return broken;
    })`);
}
