import { describe, expect, it } from 'vitest';
import { sampleDiff, unscannedDiff } from '../../../pipeline/diff/sample.fixture.ts';
import { finding } from '../../../pipeline/policy/scans.fixture.ts';
import { diffPage } from './diff-page.ts';

const pageOf = (diff = sampleDiff()) =>
  [...diffPage(diff, { generated: new Date('2026-05-31T10:15:00Z'), harborUrl: 'https://registry.example.com' })].join(
    '',
  );
const headlineOf = (page: string) => /<h2 id="verdict">(.*?)<\/h2>/.exec(page)?.[1];

describe('the page about two releases', () => {
  it('begins with what is new and fixed, and has no script', () => {
    const page = pageOf();
    expect(headlineOf(page)).toBe('3 new, 2 fixed, 1 still there');
    expect(page).toContain('class="verdict found"');
    expect(page).not.toContain('<script');
    for (const id of ['CVE-2026-11111', 'CVE-2024-0727', 'CVE-2023-4813']) expect(page).toContain(id);
  });

  it('says what is not known, and then never that nothing is new', () => {
    const page = pageOf(sampleDiff({ known: false }));
    expect(headlineOf(page)).toBe('Findings of 1 of 6 services are not known');
    expect(page).toContain('class="verdict unknown"');
    const plain = pageOf(unscannedDiff());
    expect(headlineOf(plain)).toBe('Not scanned: findings are not known');
    for (const text of [page, plain]) expect(text).not.toMatch(/No new finding|No finding is new/);
  });

  it('escapes what comes from outside', () => {
    const page = pageOf(sampleDiff({ more: [finding('<script>alert(1)</script>', 'high')] }));
    expect(page).not.toContain('<script');
  });
});
