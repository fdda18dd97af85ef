import { describe, expect, it } from 'vitest';
import { differences, recordedInputs } from './differences.ts';
import { baseImage, type InputsSetup, inputsOf } from './image-inputs.fixture.ts';
import type { ImageInputs } from './image-inputs.ts';

/** What has changed from one project to another. */
async function changes(one: InputsSetup, other: Partial<InputsSetup>): Promise<string[]> {
  return differences(recordedInputs(await inputsOf(one)), await inputsOf({ ...one, ...other }));
}

const DOCKERFILE = ['FROM python:3.12-bookworm AS base', 'ARG FEATURES', 'RUN install', 'FROM base AS report'];
const PROJECT: InputsSetup = {
  dockerfile: [...DOCKERFILE, ...Array.from({ length: 36 }, () => ''), 'COPY services/report /app'],
  files: { 'services/report/table.py': 'a', 'services/report/keep.py': 'b' },
  args: { FEATURES: 'all' },
};

describe('names', () => {
  it('are those of files and folders, with the instruction that takes them', async () => {
    const files = {
      ...PROJECT.files,
      'services/report/table.py': 'A',
      'services/report/pdf/page.py': '',
      'services/report/pdf/fonts/a.ttf': '',
    };
    expect(await changes(PROJECT, { files })).toEqual([
      'services/report/pdf/, services/report/table.py (COPY, line 41)',
    ]);
  });

  it('are those of what is gone', async () => {
    const files = { ...PROJECT.files, 'services/report/pdf/page.py': '', 'services/report/pdf/fonts/a.ttf': '' };
    expect(await changes({ ...PROJECT, files }, { files: PROJECT.files ?? {} })).toEqual([
      'services/report/pdf/ (no longer taken)',
    ]);
  });

  it('are at most four for one instruction', async () => {
    const many = (content: string) =>
      Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`services/report/${n}`, content]));
    expect(await changes({ ...PROJECT, files: many('a') }, { files: many('b') })).toEqual([
      'services/report/1, services/report/2, services/report/3, services/report/4 and 2 more (COPY, line 41)',
    ]);
    const four = (content: string) => ({ ...many('a'), ...Object.fromEntries(Object.entries(many(content)).slice(2)) });
    expect(await changes({ ...PROJECT, files: four('a') }, { files: four('b') })).toEqual([
      'services/report/3, services/report/4, services/report/5, services/report/6 (COPY, line 41)',
    ]);
  });

  it('are those of base images, with what they are now', async () => {
    const bases = { 'python:3.12-bookworm': baseImage('newer') };
    const digest = 'digest' in bases['python:3.12-bookworm'] ? bases['python:3.12-bookworm'].digest : '';
    expect(await changes(PROJECT, { bases })).toEqual([
      `base image python:3.12-bookworm is now ${digest.slice(0, 'sha256:'.length + 12)}`,
    ]);
    const dockerfile = (PROJECT.dockerfile ?? []).map((line) => line.replace('3.12-', '3.13-'));
    expect(await changes(PROJECT, { dockerfile })).toEqual([
      'the instructions of stage base',
      'base image python:3.12-bookworm is not used now',
      expect.stringMatching(/^base image python:3\.13-bookworm is now sha256:[0-9a-f]{12}$/),
    ]);
  });

  it('are those of arguments', async () => {
    expect(await changes(PROJECT, { args: { FEATURES: 'none' } })).toEqual(['build-arg FEATURES']);
    const dockerfile = ['ARG IMAGE=a', 'FROM $IMAGE', 'RUN x'];
    expect(await changes({ dockerfile }, { args: { IMAGE: 'b' } })).toEqual([
      'build-arg IMAGE',
      'base image a is not used now',
      expect.stringMatching(/^base image b is now sha256:/),
    ]);
  });

  it('are not those of arguments that only one more stage has in scope', async () => {
    const dockerfile = PROJECT.dockerfile.flatMap((line) => (line.startsWith('COPY') ? [line, 'RUN more'] : line));
    expect(await changes(PROJECT, { dockerfile })).toEqual(['the instructions of stage report']);
  });

  it('are those of stages', async () => {
    const dockerfile = [...DOCKERFILE, 'RUN more'];
    expect(await changes({ ...PROJECT, dockerfile: DOCKERFILE }, { dockerfile })).toEqual([
      'the instructions of stage report',
    ]);
    expect(await changes({ dockerfile: ['FROM a', 'RUN x'] }, { dockerfile: ['FROM a', 'RUN y'] })).toEqual([
      'the instructions of stage #0',
    ]);
  });

  it('are those of secrets and SSH agents, and platforms', async () => {
    const dockerfile = ['FROM a', 'RUN --mount=type=secret,id=pip --mount=type=ssh x'];
    const secrets = { pip: { env: 'PIP', version: '2' } };
    expect(await changes({ dockerfile }, { secrets })).toEqual(['secret pip']);
    const platforms = ['linux/arm64', 'linux/amd64'];
    expect(await changes({ dockerfile }, { platforms })).toEqual(['platforms linux/amd64, linux/arm64']);
    const without = ['FROM a', 'RUN --mount=type=secret,id=pip x'];
    expect(await changes({ dockerfile }, { dockerfile: without })).toEqual([
      'the instructions of stage #0',
      'secret ssh default',
    ]);
  });

  it('are of the syntax where nothing else differs', async () => {
    const read = (syntax: string) => ({ dockerfile: [`# syntax=${syntax}`, 'FROM a'] });
    expect(await changes(read('docker/dockerfile:1.7'), read('docker/dockerfile:1.8'))).toEqual([
      '# syntax=, or the way in which inputs are compared',
    ]);
  });
});

describe('a record of many files', () => {
  function inputs(paths: readonly string[], changed: readonly string[] = [], takenBy = paths): ImageInputs {
    return {
      digest: `sha256:${'0'.repeat(64)}`,
      platforms: [],
      stages: {},
      arguments: {},
      images: {},
      files: Object.fromEntries(paths.map((path) => [path, changed.includes(path) ? 'new' : 'old'])),
      secrets: {},
      unknown: [],
      hints: [],
      takenBy: new Map(takenBy.map((path) => [path, 'COPY, line 2'])),
    };
  }
  const tree = (folders: number, files: number): string[] =>
    Array.from({ length: folders }, (_, folder) =>
      Array.from({ length: files }, (__, file) => `src/f${folder}/deep/${file}`),
    ).flat();

  it('keeps all of 5,000 paths', () => {
    const paths = tree(50, 100);
    expect(Object.keys(recordedInputs(inputs(paths)).files)).toHaveLength(5000);
  });

  it('keeps folders of more, of which the changed one is named', () => {
    const paths = [...tree(60, 100), 'top', 'src/f0/own'];
    const recorded = recordedInputs(inputs(paths));
    expect(Object.keys(recorded.files)).toHaveLength(62);
    expect(recorded.files).toMatchObject({ 'src/f7/deep/': expect.any(String), 'src/f0/own': 'old', top: 'old' });
    expect(differences(recorded, inputs(paths))).toEqual(['# syntax=, or the way in which inputs are compared']);
    expect(differences(recorded, inputs(paths, ['src/f7/deep/3', 'top']))).toEqual([
      'src/f7/deep/, top (COPY, line 2)',
    ]);
    expect(differences(recorded, inputs(paths.filter((path) => path !== 'src/f7/deep/3')))).toEqual([
      'src/f7/deep/ (COPY, line 2)',
    ]);
    expect(differences(recorded, inputs([...paths, 'src/f7/deep/new', 'new']))).toEqual([
      'new, src/f7/deep/ (COPY, line 2)',
    ]);
    expect(differences(recorded, inputs(paths.filter((path) => !path.startsWith('src/f7/'))))).toEqual([
      'src/f7/deep/ (no longer taken)',
    ]);
  });

  it.each([
    ['in one folder', Array.from({ length: 5001 }, (_, file) => `${file}`)],
    ['in many folders', Array.from({ length: 5001 }, (_, file) => `${file}/x`)],
  ])('keeps one digest of those that are %s', (_, paths) => {
    const recorded = recordedInputs(inputs(paths));
    expect(Object.keys(recorded.files)).toEqual(['./']);
    expect(differences(recorded, inputs(paths))).toEqual(['# syntax=, or the way in which inputs are compared']);
    expect(differences(recorded, inputs(paths, paths.slice(7, 8)))).toEqual(['./ (COPY, line 2)']);
    expect(differences(recorded, inputs([...paths, 'new']))).toEqual(['./ (COPY, line 2)']);
  });

  it('has the same digests in any order of the paths', () => {
    const paths = tree(60, 100);
    expect(recordedInputs(inputs([...paths].reverse())).files).toEqual(recordedInputs(inputs(paths)).files);
  });
});
