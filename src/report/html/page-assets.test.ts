import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { reportPageModule } from '../../../script/write-report-page.ts';

it('page-assets.ts is what `npm run report-page` writes', async () => {
  expect(readFileSync(new URL('page-assets.ts', import.meta.url), 'utf8')).toBe(await reportPageModule());
});
