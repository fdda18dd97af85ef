import { appendFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends a run with the line `N passed, N failed`. A file that cannot be loaded and an unhandled error count as one failure each.
 * Appends the numbers to the file OBJDOCKER_TEST_COUNTS, from which script/test prints the sum of several runs.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) count.failed++;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') count.passed++;
        else if (state === 'failed') count.failed++;
        else count.skipped++;
      }
    }
    const skipped = count.skipped === 0 ? '' : `, ${count.skipped} skipped`;
    process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${skipped}\n`);
    const file = process.env.OBJDOCKER_TEST_COUNTS;
    if (file !== undefined) appendFileSync(file, `${count.passed} ${count.failed} ${count.skipped}\n`);
  }
}
