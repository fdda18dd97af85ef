import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { PipelineRun, Promotion } from '../../../model/pipeline-run.ts';
import { digestOf, RUN, referenceOf, sampleRun, sampleVerdict } from './pipeline.fixture.ts';
import { renderRun } from './render-result.ts';

const SERVICES = ['api', 'worker', 'report', 'gateway', 'scheduler', 'notifier'];

function text(run: PipelineRun, columns?: number): string {
  return [...renderRun(run, { columns, colors: createColors(false) })].join('\n');
}

function unreleased(promotion: Promotion = 'none') {
  return { promoted: false, images: sampleRun().images.map((image) => ({ ...image, promotion })) };
}

describe('the result of a run', () => {
  it('has the verdict first, then every image with its digest, its size and what it replaced', () => {
    const lines = text(sampleRun()).split('\n');
    expect(lines[0]).toBe('PASSED: all 6 images may be released');
    const table = lines.slice(lines.findIndex((line) => line.startsWith('SERVICE')));
    expect(table[0]?.split(/\s{2,}/)).toEqual(['SERVICE', 'IMAGE', 'DIGEST', 'SIZE', 'PUBLIC TAG', 'BEFORE']);
    expect(table[1]?.split(/\s+/)).toEqual([
      'api',
      referenceOf('api'),
      digestOf('api'),
      '48200000',
      'moved',
      digestOf('api before'),
    ]);
    expect(table[2]).toMatch(/ created +-$/);
    expect(lines.at(-1)).toBe('promoted: 1.4.0 stands for these 6 images (2m02s)');
  });

  it.each([40, 60, 80, 100, 160])('keeps service and promotion, within %i columns', (columns) => {
    const lines = text(sampleRun({ verdict: sampleVerdict() }), columns).split('\n');
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(columns);
    for (const service of SERVICES)
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${service} .*(moved|created)`)));
  });

  it('does not say that the tags are as they were when the registry did not say so', () => {
    const run = sampleRun({ outcome: 'failed', promoted: false });
    const images = run.images.map((image, index) => ({
      ...image,
      promotion: index === 0 ? ('unknown' as const) : ('none' as const),
    }));
    const said = text({ ...run, images });
    expect(said).not.toContain('as they were');
    expect(said).toContain(`the registry does not say what ${images[0]?.reference} stands for`);
  });

  it('says what rejected, that nothing is promoted, and what to do', () => {
    const said = text(
      sampleRun({ outcome: 'rejected', verdict: sampleVerdict({ rejected: 'report' }), ...unreleased() }),
    );
    expect(said).toMatch(/^REJECTED: 1 of 6 images may not be released\n/);
    expect(said).toContain('CVE-2024-3094');
    expect(said).toContain(
      '\nnothing is promoted: the public tags are as they were (2m02s)\nnext: mend what is listed',
    );
    expect(said).toContain('homechoice.deployment.scan.allow');
  });

  it('says first that a scanner is down before anything was built, and shows no images', () => {
    const { verdict: _, ...run } = sampleRun({
      outcome: 'scanner-down',
      promoted: false,
      images: sampleRun().images.map(({ service, reference, repository, platforms }) => ({
        ...(service === undefined ? {} : { service }),
        reference,
        repository,
        platforms,
        promotion: 'none' as const,
      })),
      stages: [{ name: 'preflight', status: 'failed', detail: 'Scanner: the scanner Trivy does not answer' }],
    });
    const said = text(run);
    expect(said).toMatch(/^SCANNER DOWN: nothing was built/);
    expect(said).toContain('\n  Scanner: the scanner Trivy does not answer\n');
    expect(said).not.toContain('PUBLIC TAG');
  });

  it('names a command for staging tags that stayed only where it can take them off', () => {
    const staged = [referenceOf('api', RUN)];
    expect(text(sampleRun({ staged }))).toContain('objdocker pipeline --clean takes them off');
    const registry = { host: 'localhost:5000', type: 'plain' } as const;
    const said = text(sampleRun({ staged, registry }));
    expect(said).not.toContain('--clean');
    expect(said).toContain(`without its image:\n  ${referenceOf('api', RUN)}`);
  });

  it('says how to go on after a time-out, and how to look', () => {
    const staged = SERVICES.map((service) => referenceOf(service, RUN));
    const { verdict: _, ...run } = sampleRun({ outcome: 'timed-out', staged, ...unreleased() });
    expect(text(run)).toContain('next: run the same command again: what is built and pushed is not built again');
    expect(text(run)).toContain(
      `objdocker gate --package homechoice --wait axion/meridian-api-homechoice:${RUN} axion/meridian-worker`,
    );
  });

  it('says loudly that nothing was scanned', () => {
    const { verdict: _, ...run } = sampleRun({ outcome: 'unscanned', scanned: false });
    expect(text(run)).toMatch(/^NOT SCANNED: the images were released without a scan/);
  });

  it('names who is in the way: conflicts, recovered runs, staging tags that stay', () => {
    const said = text(
      sampleRun({
        outcome: 'conflict',
        ...unreleased(),
        conflicts: [{ reference: referenceOf('api'), expected: digestOf('api before'), found: digestOf('theirs') }],
        recovered: [{ run: RUN, action: 'finished', references: [referenceOf('worker')] }],
        staged: [referenceOf('report', RUN)],
      }),
    );
    expect(said).toContain(
      `conflict: ${referenceOf('api')} stands for ${digestOf('theirs')}; when the run began, it stood for ${digestOf('api before')}`,
    );
    expect(said).toContain(
      `recovered: the promotion of ${RUN}, which had not ended, was finished: ${referenceOf('worker')}`,
    );
    expect(said).toContain(`takes them off):\n  ${referenceOf('report', RUN)}`);
    expect(said).toContain('next: look at who else releases this package');
  });

  it.each<[string, Partial<PipelineRun>, string]>([
    [
      'that nothing changed',
      { images: sampleRun().images.map((image) => ({ ...image, promotion: 'unchanged' })) },
      'as it did before',
    ],
    ['that all was put back', { outcome: 'failed', ...unreleased('restored') }, 'are back where they were'],
    [
      'that some tags are moved and some are not',
      {
        outcome: 'failed',
        promoted: false,
        images: sampleRun().images.map((image, index) => (index < 2 ? image : { ...image, promotion: 'none' })),
      },
      'half promoted: 2 of 6 images',
    ],
  ])('says %s', (_what, more, sentence) => expect(text(sampleRun(more)).split('\n').at(-1)).toContain(sentence));

  it('shows what a server says, and obeys none of it', () => {
    const hostile = '\u001b[2J::error::x';
    const said = text(
      sampleRun({
        tag: hostile,
        staged: [hostile],
        conflicts: [{ reference: hostile }],
        package: hostile,
        outcome: 'conflict',
      }),
    );
    expect(said).not.toContain('\u001b');
    expect(said).not.toMatch(/^\s*::/m);
  });
});
