import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startRunReports, writeRunReports } from './run-reports.ts';
import { runResult } from './run-result.ts';
import { RESULT_FILE, RUN_RESULT } from './run-result-schema.ts';
import { SAMPLE_RUNS } from './run-sample.fixture.ts';

const OPTIONS = { version: '1.2.3' };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'run-reports-'));
});

afterEach(() => rm(folder, { recursive: true }));

it.each(Object.entries(SAMPLE_RUNS))('writes all four reports of a run that %s', async (_outcome, make) => {
  const directory = join(folder, 'out', 'reports');
  const files = await writeRunReports(make(), directory, OPTIONS);
  expect(
    Object.values(files)
      .map((path) => basename(path))
      .sort(),
  ).toEqual((await readdir(directory)).sort());
  expect(await readFile(files.html, 'utf8')).toMatch(/^<!doctype html>.*<\/html>\n$/s);
  expect(await readFile(files.junit, 'utf8')).toMatch(/^<\?xml .*<\/testsuites>\n$/s);
  expect(JSON.parse(await readFile(files.sarif, 'utf8'))).toMatchObject({ version: '2.1.0' });
  expect(JSON.parse(await readFile(files.result, 'utf8'))).toEqual(runResult(make().run));
});

it('replaces the reports of an earlier run, and keeps other files', async () => {
  await writeFile(join(folder, 'notes.txt'), 'mine');
  await writeRunReports(SAMPLE_RUNS.passed(), folder, OPTIONS);
  await writeRunReports(SAMPLE_RUNS.failed(), folder, OPTIONS);
  expect((await readdir(folder)).sort()).toEqual([
    'index.html',
    'junit.xml',
    'notes.txt',
    'result.json',
    'results.sarif',
  ]);
  expect(await readFile(join(folder, 'result.json'), 'utf8')).toContain('"promoted": false');
});

it('leaves no result of an earlier run in the folder when the run is killed', async () => {
  const { run } = SAMPLE_RUNS.passed();
  await writeFile(join(folder, 'notes.txt'), 'mine');
  await writeRunReports(SAMPLE_RUNS.passed(), folder, OPTIONS);
  const { package: name, tags, registry, started } = run;
  await startRunReports(folder, { package: name, tags, registry, started });
  expect((await readdir(folder)).sort()).toEqual(['notes.txt', 'result.json']);
  const result = JSON.parse(await readFile(join(folder, 'result.json'), 'utf8'));
  expect(result).toEqual({
    package: name,
    tags,
    registry,
    started,
    outcome: 'unfinished',
    promoted: false,
    images: [],
  });
  expect(RESULT_FILE.parse(result)).toEqual(result);
});

it('names every file that it cannot write, and writes the others', async () => {
  for (const name of ['junit.xml', 'index.html']) await mkdir(join(folder, name));
  await expect(writeRunReports(SAMPLE_RUNS.passed(), folder, OPTIONS)).rejects.toMatchObject({
    code: 'OUTPUT_FAILED',
    message: `cannot write ${join(folder, 'junit.xml')}: EISDIR; cannot write ${join(folder, 'index.html')}: EISDIR`,
  });
  expect(await readFile(join(folder, 'result.json'), 'utf8')).toContain('"promoted": true');
  expect(await readFile(join(folder, 'results.sarif'), 'utf8')).toContain('2.1.0');
});

it('names the folder or file that it cannot write', async () => {
  const file = join(folder, 'file');
  await writeFile(file, '');
  await expect(writeRunReports(SAMPLE_RUNS.passed(), file, OPTIONS)).rejects.toMatchObject({
    code: 'OUTPUT_FAILED',
    message: `cannot create the folder ${file}: EEXIST`,
  });
  await mkdir(join(folder, 'result.json'));
  await expect(writeRunReports(SAMPLE_RUNS.passed(), folder, OPTIONS)).rejects.toMatchObject({
    code: 'OUTPUT_FAILED',
    message: expect.stringContaining(join(folder, 'result.json')),
  });
});

describe('result.json', () => {
  it.each(Object.entries(SAMPLE_RUNS))('matches its schema for a run that %s', (_outcome, make) => {
    const result: unknown = JSON.parse(JSON.stringify(runResult(make().run)));
    expect(RUN_RESULT.parse(result)).toEqual(result);
  });

  it('lists the images to deploy by digest', () => {
    const { run } = SAMPLE_RUNS.passed();
    const { images, promoted } = runResult(run);
    expect(promoted).toBe(true);
    for (const [index, image] of images.entries()) {
      const { digest, repository } = run.images[index] ?? {};
      expect(image).toMatchObject({ pinned: `registry.technocore.co.za/${repository}@${digest}`, gate: 'passed' });
    }
  });

  it('has no digest of an image that was not pushed, with the reason', () => {
    const result = runResult(SAMPLE_RUNS.failed().run);
    expect(result).toMatchObject({ promoted: false, error: { code: 'BUILD_FAILED' } });
    for (const image of result.images) expect('pinned' in image, image.service).toBe(image.action !== 'build');
  });
});
