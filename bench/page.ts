import { manyFindings, sampleReport, sampleScan } from '../src/report/sample.fixture.ts';
import { launchBrowser, openReport } from '../test/report/browser.ts';
import { compare, type MeasureOptions, measure, type Row } from './measure.ts';

const MANY = '20,000 findings';
const FEW = '2,000 findings';

/** Claim: ten times as many findings take at most twice as long to open, filter, sort, page and group. */
export async function benchPage({ signal, rounds, onRun }: MeasureOptions): Promise<readonly Row[]> {
  const browser = await launchBrowser();
  const use = (count: number) => {
    const report = sampleReport([sampleScan(manyFindings(count))]);
    return async (): Promise<void> => {
      await using open = await openReport(browser, [report]);
      const { page } = open;
      await page.getByRole('searchbox').fill('openssl streaming');
      await page.getByRole('button', { name: 'Clear filters' }).click();
      await page.getByRole('button', { name: 'Vulnerability' }).click();
      await page.getByRole('button', { name: 'Last' }).click();
      await page.getByRole('radio', { name: /By package/ }).check();
      if (open.problems.length > 0) throw new Error(open.problems.join('\n'));
    };
  };
  try {
    const variants = [
      { name: MANY, run: use(20_000) },
      { name: FEW, run: use(2_000) },
    ];
    // Warm-up: the first page loads the browser's fonts.
    await measure(variants, { rounds: 1, signal });
    const timings = await measure(variants, { rounds, signal, ...(onRun === undefined ? {} : { onRun }) });
    return [compare(timings, { what: 'HTML report, 20,000 findings', ours: MANY, peer: FEW, target: 2 })];
  } finally {
    await browser.close();
  }
}
