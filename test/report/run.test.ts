import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PipelineOutcome } from '../../src/model/enums.ts';
import { SAMPLE_RUNS } from '../../src/report/run-sample.fixture.ts';
import { brokenHeadings, column, launchBrowser, openReport, openRun } from './browser.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser.close());

const OUTCOMES = Object.keys(SAMPLE_RUNS) as PipelineOutcome[];
const width = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth');

describe('the report of a run', () => {
  it.each(OUTCOMES)(
    'with the outcome %s has no errors, sends no requests and fits a narrow screen',
    async (outcome) => {
      await using open = await openRun(browser, SAMPLE_RUNS[outcome](), { viewport: { width: 360, height: 800 } });
      expect(await width(open.page)).toBe(360);
      expect(await open.page.locator('.verdict h2').isVisible()).toBe(true);
      expect(open.problems).toEqual([]);
      expect(open.requests).toEqual([open.address]);
    },
  );

  it.each([320, 360, 400, 480, 736, 760, 1000])('breaks no heading within a word at %i px', async (width) => {
    await using run = await openRun(browser, SAMPLE_RUNS.rejected(), { viewport: { width, height: 800 } });
    expect(await brokenHeadings(run.page)).toEqual([]);
    await using scan = await openReport(browser, SAMPLE_RUNS.rejected().scans, { viewport: { width, height: 800 } });
    expect(await brokenHeadings(scan.page)).toEqual([]);
  });

  it('gives screen readers all of its content', async () => {
    await using open = await openRun(browser, SAMPLE_RUNS.rejected());
    const tree = await open.page.locator('body').ariaSnapshot();
    for (const expected of [
      '- heading "homechoice:1.4.0" [level=1]',
      'heading "Rejected: 1 of 6 images did not pass" [level=2]',
      '- heading "How the gate decided" [level=2]',
      '- table "Allowed findings"',
      '- table "The stages of the run, 2m41s in all"',
      '- rowheader "gate failed"',
      '- rowheader "build done"',
      '- img "from 2.3s to 1m35s"',
      '- table "6 images of the run"',
      '- table "Findings by service and severity"',
      '- rowheader "meridian-report"',
      '- table "Findings, worst first"',
    ]) {
      expect(tree).toContain(expected);
    }
  });

  it('sorts and filters its findings, and can sort rejecting findings first', async () => {
    await using open = await openRun(browser, SAMPLE_RUNS.rejected());
    const { page } = open;
    expect(await page.getByRole('status').textContent()).toBe('14 findings.');
    await page.getByRole('button', { name: 'Gate' }).click();
    expect((await column(page, 'gate')).slice(0, 4)).toEqual(['rejects', 'rejects', 'allowed', '']);
    await page.getByLabel('Image', { exact: true }).selectOption({ label: 'meridian-api linux/arm64' });
    expect(await page.getByRole('status').textContent()).toBe('9 of 14 findings.');
    await page.reload();
    expect((await column(page, 'gate')).slice(0, 2)).toEqual(['allowed', '']);
    expect(open.problems).toEqual([]);
  });

  it('shows verdict, stages, images and findings without JavaScript', async () => {
    await using open = await openRun(browser, SAMPLE_RUNS.rejected(), { javaScriptEnabled: false });
    const { page } = open;
    for (const heading of ['Rejected: 1 of 6 images did not pass', 'Stages', 'Images', 'Findings by service'])
      expect(await page.getByRole('heading', { name: heading, exact: true }).isVisible()).toBe(true);
    expect(await page.locator('.lane rect:visible').count()).toBe(7);
    expect(await page.locator('#finding-table tbody tr:visible').count()).toBe(14);
    expect(await page.locator('button:visible, input:visible').count()).toBe(0);
  });

  it.each(['light', 'dark'] as const)('draws its stages in distinct colors in %s mode', async (colorScheme) => {
    await using open = await openRun(browser, SAMPLE_RUNS.failed(), { colorScheme });
    const [done, failed, paper] = await open.page.evaluate<[string, string, string]>(`[
      getComputedStyle(document.querySelector('.lane rect.done')).fill,
      getComputedStyle(document.querySelector('.lane rect.failed')).fill,
      getComputedStyle(document.documentElement).backgroundColor,
    ]`);
    expect(new Set([done, failed, paper]).size).toBe(3);
    const [from, to] = await open.page.locator('.lane rect').evaluateAll((bars) => {
      const [build, lane] = [bars.at(-1), bars.at(-1)?.parentElement].map((element) =>
        element?.getBoundingClientRect(),
      );
      return [Math.round((build?.left ?? 0) - (lane?.left ?? 0)), Math.round((build?.right ?? 0) - (lane?.right ?? 0))];
    });
    expect(from).toBeGreaterThan(20);
    expect(Math.abs(to ?? 99)).toBeLessThan(5);
  });
});
