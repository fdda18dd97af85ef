import { describe, expect, it } from 'vitest';
import { formatDuration, headline, tagsSentence } from './run-outcome.ts';
import { SAMPLE_RUNS } from './run-sample.fixture.ts';

it('writes durations as people read them', () => {
  const durations = [0, 14, 999.4, 1000, 9949, 9950, 59_400, 59_600, 60_000, 161_000, 3_600_000, 3_900_000, -5];
  expect(durations.map(formatDuration)).toEqual([
    '0 ms',
    '14 ms',
    '999 ms',
    '1.0 s',
    '9.9 s',
    '10 s',
    '59 s',
    '1 min',
    '1 min',
    '2 min 41 s',
    '1 h',
    '1 h 5 min',
    '0 ms',
  ]);
});

describe('what a run means for the public tags', () => {
  const { run } = SAMPLE_RUNS.passed();
  const withPromotions = (promoted: boolean, ...promotions: (typeof run.images)[number]['promotion'][]) => {
    const [image] = run.images;
    if (image === undefined) throw new Error('the sample has images');
    return { ...run, promoted, images: promotions.map((promotion) => ({ ...image, promotion })) };
  };

  it('is told of a release by what became of each', () => {
    expect(tagsSentence(run)).toBe(
      'The public tag 1.4.0 stands for these images: 4 moved, 1 made and 1 stood for its image already.',
    );
    expect(tagsSentence(withPromotions(true, 'moved'))).toBe('The public tag 1.4.0 stands for this image: 1 moved.');
  });

  it('is told as it is, whatever the outcome: some moved, some not, some put back', () => {
    expect(tagsSentence({ ...withPromotions(false, 'moved', 'none'), outcome: 'failed' })).toBe(
      'The public tag 1.4.0 does not stand for all of these images: 1 moved and 1 not touched.',
    );
    expect(tagsSentence({ ...withPromotions(false, 'restored', 'none'), outcome: 'failed' })).toContain('was put back');
    expect(tagsSentence({ ...withPromotions(false, 'none'), outcome: 'rejected' })).toMatch(
      /^No public tag was touched/,
    );
  });

  it('tells a tag that moved after the release from one that kept it back', () => {
    expect(headline({ ...run, outcome: 'conflict' })).toBe('Somebody else moved a tag during the release');
    expect(headline(SAMPLE_RUNS.conflict().run)).toBe('Not released: somebody else moved a tag');
  });
});
