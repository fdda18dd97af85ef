import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  manyFindings,
  sampleFinding,
  sampleReport,
  sampleScan,
  withoutFix,
  withoutResult,
} from '../../src/report/sample.fixture.ts';
import { column, launchBrowser, openReport } from './browser.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(() => browser.close());

const FEW = sampleReport([
  sampleScan([
    sampleFinding(),
    sampleFinding({ id: 'CVE-2024-1000', severity: 'high', package: 'openssl', score: 7.5, fixVersion: '3.0.14' }),
    sampleFinding({ id: 'CVE-2024-999', severity: 'high', package: 'openssl', score: 7.1, fixVersion: '3.0.14' }),
    withoutFix({ id: 'CVE-2023-5', severity: 'low', package: 'tar', score: 2, description: 'Symlinks are followed.' }),
  ]),
]);
const shown = (page: Page) => page.getByRole('status').textContent();

describe('the report in a browser', () => {
  it('sorts by mouse and keyboard, and marks the sorted column', async () => {
    await using report = await openReport(browser, [FEW]);
    const { page } = report;
    const heading = (name: string) => page.locator('#finding-table').getByRole('columnheader', { name });
    expect(await column(page, 'id')).toEqual(['CVE-2024-3094', 'CVE-2024-1000', 'CVE-2024-999', 'CVE-2023-5']);
    expect(await heading('Severity').getAttribute('aria-sort')).toBe('descending');

    await page.getByRole('button', { name: 'Vulnerability' }).click();
    expect(await column(page, 'id')).toEqual(['CVE-2023-5', 'CVE-2024-999', 'CVE-2024-1000', 'CVE-2024-3094']);
    expect(await heading('Vulnerability').getAttribute('aria-sort')).toBe('ascending');
    expect(await heading('Severity').getAttribute('aria-sort')).toBeNull();

    await page.keyboard.press('Enter');
    expect(await column(page, 'id')).toEqual(['CVE-2024-3094', 'CVE-2024-1000', 'CVE-2024-999', 'CVE-2023-5']);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    expect(await column(page, 'package')).toEqual(['liblzma5', 'openssl', 'openssl', 'tar']);
    expect(await heading('Package').getAttribute('aria-sort')).toBe('ascending');
    expect(report.problems).toEqual([]);
  });

  it('filters by severity, fix and text, updates the count, and keeps the filters in the address', async () => {
    await using report = await openReport(browser, [FEW]);
    const { page } = report;
    expect(await shown(page)).toBe('4 findings.');
    await page.getByRole('checkbox', { name: 'High (2)' }).check();
    expect(await shown(page)).toBe('2 of 4 findings.');
    await page.getByRole('checkbox', { name: 'Low (1)' }).check();
    await page.getByRole('checkbox', { name: 'Only with a fix' }).check();
    await page.getByRole('searchbox').fill('OPENSSL 999');
    expect(await column(page, 'id')).toEqual(['CVE-2024-999']);
    expect(await shown(page)).toBe('1 of 4 findings.');
    await page.getByRole('searchbox').fill('nowhere');
    expect(await shown(page)).toBe('Nothing matches: 0 of 4 findings.');
    await page.getByRole('searchbox').fill('openssl');

    await page.reload();
    expect(new URL(page.url()).hash).toBe('#severity=high,low&fixable=yes&text=openssl');
    expect(await page.getByRole('checkbox', { name: 'High (2)' }).isChecked()).toBe(true);
    expect(await page.getByRole('searchbox').inputValue()).toBe('openssl');
    expect(await column(page, 'id')).toEqual(['CVE-2024-1000', 'CVE-2024-999']);

    await page.getByRole('button', { name: 'Clear filters' }).click();
    expect(await shown(page)).toBe('4 findings.');
    expect(page.url()).toBe(report.address);
    expect(report.problems).toEqual([]);
  });

  it('groups findings by package with the upgrade that fixes them', async () => {
    await using report = await openReport(browser, [FEW]);
    const { page } = report;
    await page.getByRole('radio', { name: 'By package (3)' }).check();
    expect(await column(page, 'package')).toEqual(['liblzma5', 'openssl', 'tar']);
    expect(await column(page, 'fix')).toEqual(['it → 5.6.1+really5.4.5-1', 'all 2 → 3.0.14', 'no fix yet']);
    await page.getByRole('button', { name: 'Package' }).click();
    await page.getByRole('button', { name: 'Package' }).click();
    expect(await column(page, 'package')).toEqual(['tar', 'openssl', 'liblzma5']);
    expect(report.problems).toEqual([]);
  });

  it('shows which images have a finding, and filters by image', async () => {
    const arm = sampleScan([sampleFinding()], { platform: 'linux/arm64' });
    const report = sampleReport([...FEW.images, arm, withoutResult('failed', { platform: 'linux/s390x' })]);
    await using open = await openReport(browser, [report]);
    const { page } = open;
    expect(await page.getByRole('heading', { name: '1 of 3 images has no scan result' }).isVisible()).toBe(true);
    expect(await column(page, 'images')).toEqual(['2 of 3', '1 of 3', '1 of 3', '1 of 3']);
    await page.getByLabel('Image', { exact: true }).selectOption({ index: 2 });
    expect(await column(page, 'id')).toEqual(['CVE-2024-3094']);
    await page.locator('summary').first().click();
    expect(await page.getByText('1.4.2 linux/arm64').last().isVisible()).toBe(true);
  });

  it('gives screen readers headings, names and states', async () => {
    await using report = await openReport(browser, [FEW]);
    const { page } = report;
    const tree = await page.locator('body').ariaSnapshot();
    for (const expected of [
      '- heading "axion/api" [level=1]',
      '- heading "4 findings, 1 critical and 2 high" [level=2]',
      '- heading "Findings" [level=2]',
      '- search "Filter the findings"',
      '- group "Severity"',
      '- searchbox "Search"',
      '- table "Findings by severity"',
      '- table "Findings, worst first"',
      'img "High: 2, 2 with a fix"',
      '- columnheader "Severity"',
      '- rowheader',
      '- status: 4 findings.',
    ]) {
      expect(tree).toContain(expected);
    }
    const nameless = await page.evaluate<string[]>(`[...document.querySelectorAll('input, select, button')]
      .filter((element) => ![...element.labels ?? []].some((label) => label.textContent.trim()) && !element.textContent.trim())
      .map((element) => element.outerHTML)`);
    expect(nameless).toEqual([]);
    await page.getByRole('checkbox', { name: 'High (2)' }).check();
    await page.locator('.skip').focus();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the findings');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('findings');
    expect(await shown(page)).toBe('2 of 4 findings.');
  });

  it.each(['not-scanned', 'running', 'failed', 'scanner-down'] as const)(
    'never shows a scan that is %s as clean',
    async (state) => {
      await using report = await openReport(browser, [sampleReport([withoutResult(state)])]);
      const text = (await report.page.locator('body').innerText()).toLowerCase();
      expect(text).toContain('no scan result');
      expect(text).not.toMatch(/clean|no known vulnerability|0 findings/);
      expect(report.problems).toEqual([]);
    },
  );
});

describe('a finding with markup', () => {
  const attack = `</script><script>alert(1)</script><img src=x onerror="alert(2)">"'\u001b[31m\u202egnp.exe\u2028`;
  const hostile = sampleFinding({
    id: attack,
    package: attack,
    version: attack,
    fixVersion: attack,
    description: attack,
    links: [
      'javascript:alert(3)',
      'data:text/html,<script>alert(4)</script>',
      `https://example.com/"onclick="alert(5)`,
    ],
    cwes: [attack],
  });
  const scan = sampleScan([hostile], { platform: attack, digest: attack, finished: attack });
  const report = sampleReport([scan, withoutResult('failed', { reason: attack })], {
    repository: attack,
    tags: [attack, attack],
  });

  it.each([
    ['with', true],
    ['without', false],
  ])('is shown as text %s JavaScript', async (_with, javaScriptEnabled) => {
    await using open = await openReport(browser, [report], { javaScriptEnabled });
    const { page } = open;
    for (const summary of await page.locator('summary').all()) await summary.click();
    expect(await page.locator('img:not([role]), script:not([id]):not(:last-of-type)').count()).toBe(0);
    expect(await page.locator('script').count()).toBe(2);
    const [id = ''] = await column(page, 'id');
    expect(id).toBe(attack.replace('\u001b', '\\e').replace('\u202e', '\\u202e').replace('\u2028', '\\u2028'));
    const links = await page.locator('a:not(.skip)').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
    expect(links).toEqual(['https://example.com/%22onclick=%22alert(5)']);
    expect(await page.locator('a:not(.skip)').getAttribute('rel')).toBe('noopener noreferrer');
    expect(await page.locator('.detail').first().innerText()).toContain('javascript:alert(3)');
    expect(open.problems).toEqual([]);
    expect(open.requests).toEqual([open.address]);
  });
});

describe('20,000 findings', () => {
  const large = sampleReport([sampleScan(manyFindings(20_000))]);

  it('are shown, filtered, sorted and paged with at most a hundred rows in the page', async () => {
    await using report = await openReport(browser, [large]);
    const { page } = report;
    expect(await shown(page)).toBe('20,000 findings; rows 1 to 100.');

    await page.getByRole('searchbox').fill('openssl streaming');
    expect(await shown(page)).toBe('2,000 of 20,000 findings; rows 1 to 100.');
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.getByRole('button', { name: 'Vulnerability' }).click();
    await page.getByRole('button', { name: 'Last' }).click();
    expect(await shown(page)).toBe('20,000 findings; rows 19,901 to 20,000.');
    await page.getByRole('radio', { name: /By package/ }).check();

    expect(await page.locator('tbody tr').count()).toBeLessThan(1000);
    expect(await page.locator('*').count()).toBeLessThan(12_000);
    expect(report.problems).toEqual([]);
    expect(report.requests).toEqual([report.address]);
  });

  it('are printed up to a limit, with the filters of the screen', async () => {
    await using report = await openReport(browser, [large], { hash: '#severity=critical&text=openssl' });
    const { page } = report;
    await page.evaluate(`dispatchEvent(new Event('beforeprint'))`);
    const printed = await column(page, 'id');
    await page.evaluate(`dispatchEvent(new Event('afterprint'))`);
    expect(printed.length).toBeGreaterThan(100);
    expect(await shown(page)).toContain(`${printed.length} of 20,000 findings`);
    expect(await column(page, 'id')).toEqual(printed.slice(0, 100));
  });
});

describe('the look of the report', () => {
  const colors = (page: Page) =>
    page.evaluate<{ paper: string; ink: string; soft: string; link: string }>(`(() => {
      const of = (selector, property) => getComputedStyle(document.querySelector(selector))[property];
      return { paper: of('html', 'backgroundColor'), ink: of('html', 'color'), soft: of('.about', 'color'), link: of('.detail a', 'color') };
    })()`);

  it.each(['light', 'dark'] as const)('has text of sufficient contrast in %s mode', async (colorScheme) => {
    await using report = await openReport(browser, [FEW], { colorScheme });
    const { paper, ...texts } = await colors(report.page);
    expect(luminance(paper) > 0.5).toBe(colorScheme === 'light');
    for (const text of Object.values(texts)) expect(contrast(text, paper)).toBeGreaterThan(4.5);
  });

  it('has no animation when reduced motion is preferred', async () => {
    const duration = async (reducedMotion: 'reduce' | 'no-preference') => {
      await using report = await openReport(browser, [FEW], { reducedMotion });
      return await report.page.evaluate<string>(
        `getComputedStyle(document.querySelector('summary .id'), '::after').transitionDuration`,
      );
    };
    expect([await duration('no-preference'), await duration('reduce')]).toEqual(['0.12s', '0s']);
  });

  it('fits a narrow screen', async () => {
    await using report = await openReport(browser, [FEW], { viewport: { width: 360, height: 800 } });
    expect(await report.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  });

  it('shows both tables and no controls without JavaScript', async () => {
    await using report = await openReport(browser, [FEW], { javaScriptEnabled: false });
    const { page } = report;
    expect(await page.locator('button:visible, input:visible').count()).toBe(0);
    expect(await column(page, 'id')).toHaveLength(4);
    expect(await page.locator('#package-table tbody tr:visible').count()).toBe(3);
    expect(report.problems).toEqual([]);
  });
});

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map((part) => {
    const value = Number(part) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}
