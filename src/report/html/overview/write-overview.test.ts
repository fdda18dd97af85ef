import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AUDITED, sampleAudit, samplePackage } from './overview-sample.fixture.ts';
import { writeOverview } from './write-overview.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'objdocker-overview-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

it('writes a page of all packages and one of each, which link to each other', async () => {
  const report = sampleAudit();
  const files = await writeOverview(report, join(folder, 'new/site'));
  expect(files.index).toBe(join(folder, 'new/site/index.html'));
  expect(await readdir(join(folder, 'new/site'))).toEqual(['index.html', 'packages']);
  expect(await readdir(join(folder, 'new/site/packages'))).toHaveLength(15);
  const index = await readFile(files.index, 'utf8');
  for (const [position, { name }] of report.packages.entries()) {
    expect(index).toContain(`href="packages/${name}.html"`);
    expect(files.packages[position]).toBe(join(folder, `new/site/packages/${name}.html`));
    expect(await readFile(files.packages[position] ?? '', 'utf8')).toContain('href="../index.html"');
  }
});

it('replaces an earlier overview', async () => {
  await writeOverview(sampleAudit(), folder);
  await writeOverview({ created: AUDITED, packages: [samplePackage()] }, folder);
  const index = await readFile(join(folder, 'index.html'), 'utf8');
  expect(index).toContain('The package is as it should be');
  expect(index).not.toContain('checkout');
});

it('says which folder it cannot create', async () => {
  await writeFile(join(folder, 'site'), 'a file');
  await expect(writeOverview(sampleAudit(), join(folder, 'site'))).rejects.toMatchObject({
    code: 'OUTPUT_FAILED',
    message: `cannot create the folder ${join(folder, 'site')}: EEXIST`,
    hint: 'Name an existing folder, or one in a folder that you may write to.',
  });
});

it('leaves the page of all packages as it was when a page of a package cannot be written', async () => {
  await writeOverview({ created: AUDITED, packages: [] }, folder);
  const before = await readFile(join(folder, 'index.html'), 'utf8');
  // A folder in the place of a page stops every user, root as well.
  await rm(join(folder, 'packages'), { recursive: true });
  await writeOverview({ created: AUDITED, packages: [] }, join(folder, 'packages/homechoice.html'));
  await expect(writeOverview({ created: AUDITED, packages: [samplePackage()] }, folder)).rejects.toMatchObject({
    code: 'OUTPUT_FAILED',
    message: expect.stringContaining(join(folder, 'packages/homechoice.html')),
  });
  expect(await readFile(join(folder, 'index.html'), 'utf8')).toBe(before);
});

it('stops when it is cancelled', async () => {
  await expect(writeOverview(sampleAudit(), folder, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'CANCELLED',
  });
  expect(await readdir(folder)).toEqual(['packages']);
});
