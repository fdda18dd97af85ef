import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleAudit } from '../../src/report/html/overview/overview-sample.fixture.ts';
import { type OverviewFiles, writeOverview } from '../../src/report/html/overview/write-overview.ts';
import { brokenHeadings, launchBrowser, openFile } from './browser.ts';

let browser: Browser;
let folder: string;
let files: OverviewFiles;

beforeAll(async () => {
  browser = await launchBrowser();
  folder = await mkdtemp(join(tmpdir(), 'objdocker-overview-'));
  files = await writeOverview(sampleAudit(), folder);
});

afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

const page = (name: string): string => join(folder, `packages/${name}.html`);
const shown = (page: Page) => page.getByRole('status').textContent();
const names = (page: Page) => page.locator('#released-table tbody .cell-package .id').allTextContents();
const first = async (page: Page): Promise<string | undefined> => (await names(page))[0];

/** What axe finds, as rule and element. */
async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate<string[]>(
    `axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html)))`,
  );
}

/** The elements that are wider than the screen. */
const overflowing = (page: Page) =>
  page.evaluate<string[]>(`[...document.querySelectorAll('body *')]
    .filter((element) => element.closest('svg, caption, .skip') === null && element.getBoundingClientRect().right > innerWidth + 0.5)
    .map((element) => element.outerHTML.slice(0, 200))`);

describe.each(['light', 'dark'] as const)('the overview in %s mode', (colorScheme) => {
  it.each([1280, 400])('fits %i px, has no accessibility problem, no error and no request', async (width) => {
    const options = { colorScheme, viewport: { width, height: 900 } };
    const visited = [files.index, page('checkout'), page('notifications'), page('returns'), page('audit-trail')];
    for (const path of visited) {
      await using open = await openFile(browser, path, options);
      expect(await open.page.evaluate('document.documentElement.scrollWidth'), path).toBe(width);
      expect(await overflowing(open.page), path).toEqual([]);
      expect(await accessibilityProblems(open.page), path).toEqual([]);
      expect(open.problems, path).toEqual([]);
      expect(open.requests).toEqual([open.address]);
    }
  });
});

it.each([320, 360, 480, 736, 760, 1000, 1024])('fits %i px, and breaks no heading within a word', async (width) => {
  for (const path of [files.index, page('checkout'), page('audit-trail'), page('warehouse')]) {
    await using open = await openFile(browser, path, { viewport: { width, height: 900 } });
    expect(await open.page.evaluate('document.documentElement.scrollWidth'), path).toBe(width);
    expect(await overflowing(open.page), path).toEqual([]);
    expect(await brokenHeadings(open.page), path).toEqual([]);
  }
});

it('has no error on any page, and links there and back', async () => {
  await using open = await openFile(browser, files.index);
  const all = await names(open.page);
  expect(all).toHaveLength(15);
  for (const name of all) {
    await open.page.locator('#released-table').getByRole('link', { name, exact: true }).click();
    expect(await open.page.getByRole('heading', { level: 1 }).textContent()).toBe(name);
    await open.page.getByRole('link', { name: 'All packages' }).click();
  }
  expect(open.problems).toEqual([]);
  expect(open.requests).toHaveLength(31);
});

it('sorts by mouse and keyboard, and marks the sorted column', async () => {
  await using open = await openFile(browser, files.index);
  const { page } = open;
  const heading = (name: string) => page.locator('#released-table').getByRole('columnheader', { name });
  expect(await first(page)).toBe('checkout');
  expect(await page.locator('#released-table [aria-sort]').count()).toBe(0);

  await page.locator('#released-table').getByRole('button', { name: 'Package' }).click();
  expect(await names(page)).toEqual((await names(page)).sort());
  expect(await heading('Package').getAttribute('aria-sort')).toBe('ascending');
  await page.keyboard.press('Enter');
  expect(await first(page)).toBe('warehouse');
  expect(await heading('Package').getAttribute('aria-sort')).toBe('descending');

  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  expect(await heading('Verdict').getAttribute('aria-sort')).toBe('descending');
  expect((await names(page)).slice(0, 3)).toEqual(['audit-trail', 'notifications', 'checkout']);
  await page.getByRole('button', { name: 'Findings' }).click();
  expect(await first(page)).toBe('checkout');
  expect((await names(page)).slice(-2).sort()).toEqual(['edge-cache', 'returns']);
  expect(open.problems).toEqual([]);
});

it('filters by mark and text, counts what is shown, and keeps both in the address', async () => {
  await using open = await openFile(browser, files.index);
  const { page } = open;
  expect(await shown(page)).toBe('15 packages.');
  await page.getByRole('checkbox', { name: 'With differences (4)' }).check();
  expect(await shown(page)).toBe('4 of 15 packages.');
  await page.getByRole('checkbox', { name: 'Not known (2)' }).check();
  expect(await shown(page)).toBe('5 of 15 packages.');
  await page.getByRole('searchbox').fill('TAG-MOVED exporter');
  expect(await shown(page)).toBe('Nothing matches: 0 of 15 packages.');
  await page.getByRole('searchbox').fill('TAG-MOVED catalog');
  expect(await names(page)).toEqual(['catalog']);
  await page.getByRole('searchbox').fill('');
  await page.getByRole('button', { name: 'Package', exact: true }).click();

  await page.reload();
  expect(new URL(page.url()).hash).toBe('#show=differences,unknown&sort=package&order=ascending');
  expect(await page.getByRole('checkbox', { name: 'With differences (4)' }).isChecked()).toBe(true);
  expect(await names(page)).toEqual(['audit-trail', 'catalog', 'checkout', 'notifications', 'returns']);

  await page.getByRole('button', { name: 'Clear filters' }).click();
  expect(await shown(page)).toBe('15 packages.');
  await page.locator('.skip').focus();
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement.id')).toBe('packages');
  expect(await shown(page)).toBe('15 packages.');
  expect(open.problems).toEqual([]);
});

it('sorts the images and releases of a package', async () => {
  await using open = await openFile(browser, page('checkout'));
  const images = open.page.locator('#audited-table');
  await images.getByRole('button', { name: 'Since' }).click();
  const since = (await images.locator('tbody .cell-since').allTextContents()).map((text) =>
    Number(/release (\d+)/.exec(text)?.[1]),
  );
  expect(since).toEqual([...since].sort((a, b) => b - a));
  await images.getByRole('button', { name: 'Verdict' }).click();
  expect(await images.locator('tbody .cell-image .id').first().textContent()).toBe('api');

  const releases = open.page.locator('#release-table');
  const numbers = async () => (await releases.locator('tbody .cell-number .id').allTextContents()).map(Number);
  await releases.getByRole('button', { name: 'Findings' }).click();
  expect((await numbers())[0]).toBe(5);
  await releases.getByRole('button', { name: 'Release' }).click();
  expect(await numbers()).toEqual(Array.from({ length: 20 }, (_, index) => 23 - index));
  expect(open.problems).toEqual([]);
});

it('gives screen readers headings, names and states', async () => {
  await using open = await openFile(browser, files.index);
  const tree = await open.page.locator('body').ariaSnapshot();
  for (const expected of [
    '- heading "Released packages" [level=1]',
    '- heading "10 differences in 4 of 15 packages" [level=2]',
    '- heading "Packages" [level=2]',
    '- search "Filter the packages"',
    '- table "Packages, those with differences first"',
    '- rowheader "catalog 6 images"',
    'img "20 releases, critical from 3 to 0, high from ',
    '- heading "tag-moved (1)" [level=3]',
    '- status: 15 packages.',
  ]) {
    expect(tree).toContain(expected);
  }
});

it('shows all packages and no controls without JavaScript', async () => {
  await using open = await openFile(browser, files.index, { javaScriptEnabled: false });
  expect(await open.page.locator('button:visible, input:visible').count()).toBe(0);
  expect(await names(open.page)).toHaveLength(15);
  await open.page.getByRole('link', { name: 'catalog' }).first().click();
  expect(await open.page.locator('#audited-table tbody tr:visible').count()).toBe(6);
  expect(await open.page.locator('.trend:visible').count()).toBe(5);
  expect(open.problems).toEqual([]);
});
