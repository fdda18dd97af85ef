import { describe, expect, it } from 'vitest';
import { headline, tagsSentence } from './run-outcome.ts';
import { SAMPLE_RUNS } from './run-sample.fixture.ts';

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

  it('is told as it is, whatever the outcome: some moved, some not, some undone', () => {
    expect(tagsSentence({ ...withPromotions(false, 'moved', 'none'), outcome: 'failed' })).toBe(
      'The public tag 1.4.0 does not stand for all of these images: 1 moved and 1 not touched.',
    );
    expect(tagsSentence({ ...withPromotions(false, 'undone', 'none'), outcome: 'failed' })).toContain('was undone');
    expect(tagsSentence({ ...withPromotions(false, 'none'), outcome: 'rejected' })).toMatch(
      /^No public tag was touched/,
    );
  });

  it('tells a tag that moved after the release from one that kept it back', () => {
    expect(headline({ ...run, outcome: 'conflict' })).toBe('Somebody else moved a tag during the release');
    expect(headline(SAMPLE_RUNS.conflict().run)).toBe('Not released: somebody else moved a tag');
  });
});
