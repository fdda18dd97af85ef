import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    reporters: ['default', './test/harness/count-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts'],
          globalSetup: ['script/write-report-page.mjs'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          globalSetup: ['script/write-report-page.mjs', 'test/harness/global-setup.ts'],
          // The engines, the registry and two cores are shared by every file: one at a time keeps time-outs honest.
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/global-setup.ts'],
          fileParallelism: false,
          // The first scan of a new Harbor waits until the scanner has fetched its database.
          testTimeout: 600_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
