import { expect, it } from 'vitest';
import { manyFindings, sampleFinding, withoutFix } from '../sample.fixture.ts';
import { mergeFindings } from './finding-rows.ts';
import { pageData, readPageData } from './page-data.ts';

const written = (...images: Parameters<typeof mergeFindings>[0]) => {
  const names = images.map((_, index) => `image ${index}`);
  return [...pageData(names, mergeFindings(images))].join('');
};

it('is unchanged after a round trip', () => {
  const images = [{ findings: manyFindings(90) }, { findings: [...manyFindings(50), withoutFix()] }];
  expect(readPageData(written(...images))).toEqual({ images: ['image 0', 'image 1'], rows: mergeFindings(images) });
});

it('describes a vulnerability of many packages once', () => {
  const description = 'A description that is long enough to matter.';
  const findings = ['a', 'b', 'c'].map((name) => sampleFinding({ package: name, description }));
  const text = written({ findings });
  expect(text.split(description)).toHaveLength(2);
  expect(readPageData(text).rows.map(({ finding }) => finding.description)).toEqual([
    description,
    description,
    description,
  ]);
});

it('keeps two descriptions of the same vulnerability', () => {
  const findings = ['a', 'b', 'c'].map((name) =>
    sampleFinding({ package: name, description: name === 'b' ? 'other' : 'one' }),
  );
  const { rows } = readPageData(written({ findings }));
  expect(rows.map(({ finding }) => finding.description)).toEqual(['one', 'other', 'one']);
});

it('contains no < and no invisible characters', () => {
  const text = written({ findings: [sampleFinding({ description: '</script><!--\u2028\u202e\u001b' })] });
  expect(text).not.toMatch(/[<\u0000-\u0009\u000b-\u001f\u2028\u202e]/);
  expect(readPageData(text).rows[0]?.finding.description).toBe('</script><!--\\u2028\\u202e\\e');
});
