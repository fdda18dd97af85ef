import { describe, expect, it } from 'vitest';
import { fuzz } from './fuzz.ts';
import { buildOracle } from './oracle.ts';
import { randomQuestion, readSources } from './random-dockerfiles.ts';

const FILES = 300;
const SEED = 1;

const program = buildOracle();
if (program === undefined)
  console.warn(
    'The oracle cannot be built (Go, or its module proxy, is missing): Dockerfiles are not compared with BuildKit.',
  );

describe('our reader and BuildKit', () => {
  it.skipIf(program === undefined)(`agree on ${FILES} random Dockerfiles`, async () => {
    const found = await fuzz(program ?? '', { first: SEED, count: FILES });
    expect(found.map(({ seed, differences }) => ({ seed, differences }))).toEqual([]);
  });
});

it('makes the same Dockerfile from the same seed', () => {
  const sources = readSources();
  expect(randomQuestion(7, sources)).toEqual(randomQuestion(7, sources));
  expect(randomQuestion(7, sources)).not.toEqual(randomQuestion(8, sources));
});
