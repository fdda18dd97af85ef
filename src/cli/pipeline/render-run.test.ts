import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import type { PipelineRun, Promotion } from '../../model/pipeline-run.ts';
import { buildingOnly, digestOf, promotedAs, RUN, referenceOf, sampleRun, sampleVerdict } from './pipeline.fixture.ts';
import { renderRun } from './render-run.ts';
import { tagsText } from './run-text.ts';

const SERVICES = ['api', 'worker', 'report', 'gateway', 'scheduler', 'notifier'];

function text(run: PipelineRun, columns?: number): string {
  return [...renderRun(run, { columns, colors: createColors(false) })].join('\n');
}

function notPromoted(promotion: Promotion = 'none') {
  return { promoted: false, images: sampleRun().images.map((image) => promotedAs(image, promotion)) };
}

describe('the result of a run', () => {
  it('starts with the verdict, then lists each image with digest, size and previous digest', () => {
    const lines = text(sampleRun()).split('\n');
    expect(lines[0]).toBe('PASSED: all 6 images may be released');
    const table = lines.slice(lines.findIndex((line) => line.startsWith('SERVICE')));
    expect(table[0]?.split(/\s{2,}/)).toEqual(['SERVICE', 'IMAGE', 'WHAT', 'DIGEST', 'SIZE', 'PUBLIC TAG', 'PREVIOUS']);
    expect(table[1]?.split(/\s+/)).toEqual([
      'api',
      referenceOf('api'),
      'built',
      digestOf('api'),
      '48200000',
      'moved',
      digestOf('api before'),
    ]);
    expect(table[2]).toMatch(/ created +-$/);
    expect(lines.at(-1)).toBe('promoted: 1.4.0 points to these 6 images (2m02s)');
  });

  it.each([40, 60, 80, 100, 160])('shows service and promotion of each image in %i columns', (columns) => {
    const lines = text(sampleRun({ verdict: sampleVerdict() }), columns).split('\n');
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(columns);
    for (const service of SERVICES)
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${service} .*(moved|created)`)));
  });

  it('says what was built and why, and since when the others are released', () => {
    const said = text(buildingOnly(['report', 'notifier'], { release: { number: 42, state: 'done' } }));
    expect(said).toMatch(/^api .* unchanged \(since release 36\) .* unchanged /m);
    expect(said).toMatch(/^report .* built /m);
    expect(said).toContain('\nbuilt: report: services/report/main.py (COPY, line 43)\nbuilt: notifier: services/');
    expect(said).not.toContain('built: api');
    expect(said).toContain('\nrelease 42: 1.4.0 points to these 6 images');
  });

  it('says why an image was built that has the same content as the released one', () => {
    const run = buildingOnly([]);
    const reasons = ['build-arg FEATURES', 'it was built with the same content as release 36'];
    const images = run.images.map((image, index) =>
      index === 0 ? { ...image, action: 'same-content' as const, reasons } : image,
    );
    const said = text({ ...run, images });
    expect(said).toMatch(/^api .* rebuilt, same content \(since release 36\) /m);
    expect(said).toContain('built: api: build-arg FEATURES; it was built with the same content as release 36');
  });

  it('says of a run that changed nothing which release it has found', () => {
    const run = buildingOnly([], { outcome: 'unchanged', release: { number: 41, state: 'unchanged' } });
    expect(text(run)).toContain('\nunchanged: release 41 has these 6 images, and 1.4.0 points to them');
    expect(text(run)).not.toContain('built:');
  });

  it('does not claim that no tag was touched when the registry did not confirm it', () => {
    const run = sampleRun({ outcome: 'failed', promoted: false });
    const images = run.images.map((image, index) => promotedAs(image, index === 0 ? 'in-doubt' : 'none'));
    const said = text({ ...run, images });
    expect(said).not.toContain('were not touched');
    expect(said).toContain(`the registry did not confirm what ${images[0]?.reference} points to`);
  });

  it('shows the rejecting findings, that nothing was promoted, and what to do next', () => {
    const said = text(
      sampleRun({ outcome: 'rejected', verdict: sampleVerdict({ rejected: 'report' }), ...notPromoted() }),
    );
    expect(said).toMatch(/^REJECTED: 1 of 6 images may not be released\n/);
    expect(said).toContain('CVE-2024-3094');
    expect(said).toContain('\nnot promoted: the public tags were not touched (2m02s)\nnext: fix the listed findings');
    expect(said).toContain('homechoice.deployment.scan.allow');
  });

  it.each(['rejected', 'cancelled'] as const)('names the tags that its recovery moved when it is %s', (outcome) => {
    const { images, ...run } = sampleRun({ outcome, ...notPromoted() });
    const references = [images[0]?.reference ?? ''];
    const other = 'objdocker-20260530T174210Z-90d1c6e2ab34';
    const recovered = {
      ...run,
      images,
      recovered: [{ release: 41, run: other, action: 'finished' as const, references }],
    };
    const said = text(recovered);
    expect(said).not.toContain('were not touched');
    expect(said).toContain(`\nrecovered: finished release 41, which ${other} had left: ${references[0]}`);
    expect(said).toMatch(new RegExp(`^api +${references[0]} .* recovered `, 'm'));
    expect(said).toMatch(/^worker .* untouched /m);
    expect(tagsText(recovered)).toBe(
      `not promoted: the public tags were not moved to the images of this run; before that, this run finished release 41, which ${other} had left: ${references[0]}`,
    );
  });

  it('starts with a scanner that is down, and lists no images when none was built', () => {
    const { verdict: _, ...run } = sampleRun({
      outcome: 'scanner-down',
      promoted: false,
      images: sampleRun().images.map(({ digest: _digest, ...image }) => promotedAs(image, 'none')),
      stages: [{ name: 'preflight', status: 'failed', detail: 'Scanner: the scanner Trivy does not respond' }],
    });
    const said = text(run);
    expect(said).toMatch(/^SCANNER DOWN: nothing was built/);
    expect(said).toContain('\n  Scanner: the scanner Trivy does not respond\n');
    expect(said).not.toContain('PUBLIC TAG');
  });

  it('names --clean for remaining staging tags only when the registry can remove them', () => {
    const staged = [referenceOf('api', RUN)];
    expect(text(sampleRun({ staged }))).toContain('remove them with objdocker pipeline --clean');
    const registry = { host: 'localhost:5000', type: 'plain' } as const;
    const said = text(sampleRun({ staged, registry }));
    expect(said).not.toContain('--clean');
    expect(said).toContain(`without its image):\n  ${referenceOf('api', RUN)}`);
  });

  it('advises after a timeout to run again, or to check the scans', () => {
    const staged = SERVICES.map((service) => referenceOf(service, RUN));
    const { verdict: _, ...run } = sampleRun({ outcome: 'timed-out', staged, ...notPromoted() });
    expect(text(run)).toContain('next: run the same command again. It reuses what was built and pushed');
    expect(text(run)).toContain(
      `objdocker gate --package homechoice --wait axion/meridian-api-homechoice:${RUN} axion/meridian-worker`,
    );
  });

  it('states first that nothing was scanned', () => {
    const { verdict: _, ...run } = sampleRun({ outcome: 'unscanned', scanned: false });
    expect(text(run)).toMatch(/^NOT SCANNED: the images were released without a scan/);
  });

  it('lists conflicts, recovered runs and remaining staging tags', () => {
    const said = text(
      sampleRun({
        outcome: 'conflict',
        ...notPromoted(),
        conflicts: [{ reference: referenceOf('api'), expected: digestOf('api before'), found: digestOf('theirs') }],
        recovered: [{ release: 41, run: RUN, action: 'finished', references: [referenceOf('worker')] }],
        staged: [referenceOf('report', RUN)],
      }),
    );
    expect(said).toContain(
      `conflict: ${referenceOf('api')} points to ${digestOf('theirs')}; when the run started, it pointed to ${digestOf('api before')}`,
    );
    expect(said).toContain(`recovered: finished release 41, which ${RUN} had left: ${referenceOf('worker')}`);
    expect(said).toContain(`pipeline --clean):\n  ${referenceOf('report', RUN)}`);
    expect(said).toContain('next: find out who moves these tags');
  });

  it.each<[string, Partial<PipelineRun>, string]>([
    [
      'that the tags already point to the images',
      { images: sampleRun().images.map((image) => promotedAs(image, 'unchanged')) },
      'already points to these 6 images',
    ],
    [
      'that moved tags were moved back',
      { outcome: 'failed', ...notPromoted('undone') },
      'point to their previous images again',
    ],
    [
      'that only some tags were moved',
      {
        outcome: 'failed',
        promoted: false,
        images: sampleRun().images.map((image, index) => (index < 2 ? image : promotedAs(image, 'none'))),
      },
      'promotion incomplete: 2 of 6 images',
    ],
  ])('reports %s', (_what, more, sentence) => expect(text(sampleRun(more)).split('\n').at(-1)).toContain(sentence));

  it('escapes control characters from outside', () => {
    const hostile = '\u001b[2J::error::x';
    const said = text(
      sampleRun({
        tags: [hostile],
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
