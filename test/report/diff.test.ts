import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleDiff, unscannedDiff } from '../../src/pipeline/diff/sample.fixture.ts';
import { finding } from '../../src/pipeline/policy/scans.fixture.ts';
import { launchBrowser, openDiff } from './browser.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser.close());

const LONG = finding(`CVE-${'9'.repeat(200)}`, 'critical', { package: 'p'.repeat(200), version: 'v'.repeat(200) });

describe('the page about two releases', () => {
  it.each([
    ['releases that are known', sampleDiff()],
    ['releases of which something is not known', sampleDiff({ known: false })],
    ['releases on a plain registry', unscannedDiff()],
    ['long names', sampleDiff({ more: [LONG] })],
  ])('of %s has no errors, sends no requests and fits any screen, dark and light', async (_, diff) => {
    for (const width of [360, 400, 1280]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await using open = await openDiff(browser, diff, { viewport: { width, height: 800 }, colorScheme });
        expect(await open.page.evaluate('document.documentElement.scrollWidth')).toBe(width);
        expect([open.problems, open.requests]).toEqual([[], [open.address]]);
      }
    }
  });

  it('needs no JavaScript, and opens the list of what is still there', async () => {
    await using open = await openDiff(browser, sampleDiff(), { javaScriptEnabled: false });
    const rows = open.page.locator('#remaining-table tbody tr:visible');
    expect(await rows.count()).toBe(0);
    await open.page.locator('summary').getByText('1 finding that is still there').click();
    expect(await rows.count()).toBe(1);
  });
});
