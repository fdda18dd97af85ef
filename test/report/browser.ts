import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import type { PipelineReport } from '../../src/model/pipeline-run.ts';
import type { ScanReport } from '../../src/model/scan-report.ts';
import { renderHtmlReport } from '../../src/report/html/html-report.ts';
import { runPage } from '../../src/report/html/run/run-html.ts';
import { createProject } from '../harness/project.ts';

/** A report that is open in a browser, and what the browser had to say about it. */
export interface OpenReport extends AsyncDisposable {
  readonly page: Page;
  /** Console messages, errors and dialogs: there should be none. */
  readonly complaints: string[];
  /** The addresses of all that was asked for, the page itself among them. */
  readonly requests: string[];
  readonly address: string;
}

export interface OpenOptions extends BrowserContextOptions {
  /** What comes after the `#` of the address. */
  readonly hash?: string;
}

/** Debian's Chromium, without a window. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    throw new Error('Chromium is not there: script/test installs what the tests use, or apt-get install chromium');
  }
  // Root may not use its sandbox; nothing but our own files is opened.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/** Opens the page of scans. */
export function openReport(
  browser: Browser,
  reports: readonly ScanReport[],
  options: OpenOptions = {},
): Promise<OpenReport> {
  const html = renderHtmlReport(reports, { title: 'axion/api', generated: new Date('2026-11-23T12:00:00Z') });
  return openPage(browser, html, options);
}

/** Opens the page of a run of the pipeline. */
export function openRun(browser: Browser, report: PipelineReport, options: OpenOptions = {}): Promise<OpenReport> {
  return openPage(browser, [...runPage(report)].join(''), options);
}

async function openPage(browser: Browser, html: string, { hash = '', ...options }: OpenOptions): Promise<OpenReport> {
  const project = await createProject({ 'report.html': html });
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => requests.push(request.url()));
  const address = `file://${project.path('report.html')}`;
  await page.goto(`${address}${hash}`);
  return {
    page,
    complaints,
    requests,
    address,
    async [Symbol.asyncDispose]() {
      await context.close();
      await project[Symbol.asyncDispose]();
    },
  };
}

/** The text of a column's cells in the table that is shown. */
export function column(page: Page, key: string): Promise<string[]> {
  return page
    .locator(`.view:visible tbody .cell-${key}`)
    .evaluateAll((cells) => cells.map((cell) => (cell.querySelector('.id') ?? cell).textContent ?? ''));
}
