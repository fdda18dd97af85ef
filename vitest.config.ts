import { defineConfig } from 'vitest/config';
import { SlowFirst } from './test/slow-first.ts';

export default defineConfig({
  test: {
    reporters: ['default', './test/harness/count-reporter.ts'],
    sequence: { sequencer: SlowFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts'],
          globalSetup: ['script/write-report-page.mjs'],
          sequence: { groupOrder: 0 },
          maxWorkers: '100%',
          // Half of the time is importing the same modules for each file. No unit test changes what another one imports.
          isolate: false,
          // A backstop for a test that hangs: no test comes near it on a busy machine.
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          globalSetup: ['script/write-report-page.mjs', 'test/harness/global-setup.ts'],
          sequence: { groupOrder: 1 },
          // Files mostly wait for an engine or a server: one keeps less than half a core busy, so two cores carry four of them, with
          // 8 GB. They share the sandbox's engine and registry, under names of their own. Of a file at most three tests run at once:
          // twelve releases leave each the time that a registry has to respond.
          maxWorkers: 4,
          maxConcurrency: 3,
          // A backstop for a test that hangs. The longest takes two minutes alone, and eight on a machine with a load of 30.
          testTimeout: 900_000,
          hookTimeout: 900_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/global-setup.ts'],
          sequence: { groupOrder: 2 },
          fileParallelism: false,
          // The first scan of a new Harbor waits until the scanner has fetched its database.
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
