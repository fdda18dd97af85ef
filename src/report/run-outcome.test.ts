import { describe, expect, it } from 'vitest';
import type { Promotion } from '../model/pipeline-run.ts';
import { headline, tagsSentence } from './run-outcome.ts';
import { SAMPLE_RUNS } from './run-sample.fixture.ts';

describe('the sentence about the public tags', () => {
  const { run } = SAMPLE_RUNS.passed();
  const withPromotions = (promoted: boolean, ...promotions: Promotion[]) => {
    const [image] = run.images;
    if (image === undefined) throw new Error('the sample has images');
    return {
      ...run,
      promoted,
      recovered: [],
      images: promotions.map((promotion) => ({ ...image, tags: image.tags.map((tag) => ({ ...tag, promotion })) })),
    };
  };

  it('names the number of moved, created and unchanged tags of a release', () => {
    expect(tagsSentence(run)).toBe(
      'The public tag 1.4.0 points to these images: 4 moved, 1 created and 1 already pointed to its image. Before that, the recovery of an earlier run moved 1 public tag.',
    );
    expect(tagsSentence(withPromotions(true, 'moved'))).toBe('The public tag 1.4.0 points to this image: 1 moved.');
  });

  it('follows from the promotions, whatever the outcome', () => {
    expect(tagsSentence({ ...withPromotions(false, 'moved', 'none'), outcome: 'failed' })).toBe(
      'The public tag 1.4.0 does not point to all of these images: 1 moved and 1 not touched.',
    );
    expect(tagsSentence({ ...withPromotions(false, 'undone', 'none'), outcome: 'failed' })).toContain('were undone');
    expect(tagsSentence({ ...withPromotions(false, 'none'), outcome: 'rejected' })).toMatch(
      /^No public tag was touched/,
    );
  });

  it('does not claim that no tag was touched when the recovery of an earlier run moved some', () => {
    const references = ['registry.example.com/axion/api:1.4.0', 'registry.example.com/axion/worker:1.4.0'];
    const recovered = [
      { release: 41, run: 'objdocker-20260530T174210Z-90d1c6e2ab34', action: 'finished' as const, references },
    ];
    expect(tagsSentence({ ...withPromotions(false, 'none'), outcome: 'rejected', recovered })).toBe(
      'No public tag was moved to an image of this run. Before that, the recovery of an earlier run moved 2 public tags.',
    );
  });

  it('distinguishes a conflict during the release from one before it', () => {
    expect(headline({ ...run, outcome: 'conflict' })).toBe('Somebody else moved a tag during the release');
    expect(headline(SAMPLE_RUNS.conflict().run)).toBe('Not released: somebody else moved a tag');
  });
});
