import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { parse, type TestCase, type TestSuite } from 'junit2json';
import { describe, expect, it } from 'vitest';
import type { PipelineOutcome } from '../../model/enums.ts';
import type { PipelineReport } from '../../model/pipeline-run.ts';
import { SAMPLE_RUNS } from '../run-sample.fixture.ts';
import { runJunit } from './junit.ts';

const render = (report: PipelineReport) => [...runJunit(report)].join('');
// Characters that XML 1.0 forbids, even as references.
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|&#(?:x0*[0-8bcef]|x?0);|\p{Surrogate}/u;

async function suitesOf(report: PipelineReport): Promise<readonly TestSuite[]> {
  const document = await parse(render(report));
  if (document == null || !('testsuite' in document)) throw new Error('no test suites were read');
  return document.testsuite ?? [];
}

const kindOf = (one: TestCase) => {
  if (one.failure !== undefined) return 'failure';
  if (one.error !== undefined) return 'error';
  return one.skipped === undefined ? 'passed' : 'skipped';
};
const kindsOf = (suite: TestSuite | undefined) => (suite?.testcase ?? []).map((one) => [one.name, kindOf(one)]);

describe('a run as JUnit', () => {
  it('has a suite for the stages, and one for each service with a case for each platform', async () => {
    const suites = await suitesOf(SAMPLE_RUNS.rejected());
    expect(suites.map(({ name }) => name)).toEqual([
      'stages',
      'meridian-api',
      'meridian-exporter',
      'meridian-gateway',
      'meridian-report',
      'meridian-scheduler',
      'meridian-worker',
    ]);
    const [stages, api, , , report] = suites;
    expect(kindsOf(stages)).toEqual([
      ['preflight', 'passed'],
      ['recover', 'passed'],
      ['plan', 'passed'],
      ['build', 'passed'],
      ['push', 'passed'],
      ['scan', 'passed'],
      ['gate', 'failure'],
      ['promote', 'skipped'],
      ['registries', 'skipped'],
    ]);
    expect(stages?.testcase?.[3]?.time).toBe(92.4);
    expect(report?.properties?.filter(({ name }) => name !== 'digest')).toEqual([
      { name: 'action', value: 'build' },
      { name: 'reasons', value: 'services/report/table.py, services/report/pdf/ (COPY, line 41); build-arg FEATURES' },
      { name: 'revision', value: expect.stringMatching(/^[0-9a-f]{40}$/) },
    ]);
    expect(kindsOf(report)).toEqual([
      ['linux/amd64', 'failure'],
      ['linux/arm64', 'failure'],
    ]);
    expect(report?.testcase?.[0]?.failure?.[0]?.inner).toBe(
      'critical CVE-2024-3094 in liblzma5 5.6.0-0.2: fixed in 5.6.1+really5.4.5-1\ncritical CVE-2023-50447 in pillow 10.1.0: fixed in 10.2.0',
    );
    expect(kindsOf(api)).toEqual([
      ['linux/amd64', 'passed'],
      ['linux/arm64', 'passed'],
    ]);
    expect(api?.testcase?.[0]?.['system-out']?.[0]).toContain('see SEC-2214 (until 2026-09-30)');
  });

  it.each<[PipelineOutcome, string, string]>([
    ['passed', 'passed', 'passed'],
    ['unscanned', 'passed', 'skipped'],
    ['rejected', 'failure', 'failure'],
    ['scan-failed', 'error', 'error'],
    ['scanner-down', 'error', 'error'],
    ['timed-out', 'error', 'error'],
    ['conflict', 'failure', 'passed'],
    ['failed', 'error', 'skipped'],
    ['cancelled', 'error', 'skipped'],
  ])('of one that %s: the worst stage is %s, the reports’ image %s', async (outcome, stage, image) => {
    const suites = await suitesOf(SAMPLE_RUNS[outcome]());
    const stages = kindsOf(suites[0]).map(([, kind]) => kind);
    expect(stages.find((kind) => kind === 'failure' || kind === 'error') ?? 'passed').toBe(stage);
    expect(new Set(kindsOf(suites[4]).map(([, kind]) => kind))).toEqual(new Set([image]));
  });

  it.each(Object.entries(SAMPLE_RUNS))('has the right counts for a run that %s', (_outcome, make) => {
    const xml = render(make());
    const { testsuites } = new XMLParser({ ignoreAttributes: false }).parse(xml);
    const counted = (tag: string) => xml.match(new RegExp(`<${tag}[ />]`, 'g'))?.length ?? 0;
    expect([testsuites['@_tests'], testsuites['@_failures'], testsuites['@_errors']].map(Number)).toEqual([
      counted('testcase'),
      counted('failure'),
      counted('error'),
    ]);
  });
});

it('is well-formed with any text, and contains it', () => {
  const bad = `]]>&amp;<b a="1">'\u0000\u0008\u001b[31m\ufffe\ud800\u202e\n\t`;
  const hostile = JSON.parse(JSON.stringify(SAMPLE_RUNS.rejected()), (key, value: unknown) =>
    ['detail', 'reason', 'id', 'package', 'service', 'platform', 'run', 'tag', 'version'].includes(key) &&
    typeof value === 'string'
      ? `${value}${bad}`
      : value,
  ) as PipelineReport;
  const error = { code: 'BUILD_FAILED' as const, message: bad, hint: bad };
  const package_ = `homechoice${bad}`;
  const xml = render({ ...hostile, run: { ...hostile.run, package: package_, error } });
  expect(XMLValidator.validate(xml)).toBe(true);
  expect(xml).not.toMatch(FORBIDDEN);
  expect(xml).not.toContain(']]>');
  const { testsuites } = new XMLParser({ ignoreAttributes: false, htmlEntities: true }).parse(xml);
  expect(testsuites['@_name']).toContain(`homechoice]]>&amp;<b a="1">'\\x00\\x08\\e[31m\ufffd\ufffd\\u202e`);
});

it('the validator rejects malformed XML', () => {
  expect(XMLValidator.validate('<a><b></a>')).not.toBe(true);
});

it.each([
  ['of which another platform has no result', 'failed', ['skipped', 'error']],
  ['whose report is not whole', 'findings', ['error', 'error']],
] as const)('passes no platform of an image %s', async (_which, state, kinds) => {
  const { run, scans } = SAMPLE_RUNS.passed();
  if (run.verdict === undefined) throw new Error('the sample has a verdict');
  const images = run.verdict.images.map((image) => ({
    ...image,
    outcome: 'scan-failed' as const,
    reason: 'because',
    platforms: image.platforms.map((platform, index) => (index === 1 ? { ...platform, state } : platform)),
  }));
  const suites = await suitesOf({ run: { ...run, verdict: { ...run.verdict, images } }, scans });
  expect(kindsOf(suites[1]).map(([, kind]) => kind)).toEqual(kinds);
});

it('lists a hundred findings and counts the others', async () => {
  const { run, scans } = SAMPLE_RUNS.rejected();
  if (run.verdict === undefined) throw new Error('the sample has a verdict');
  const images = run.verdict.images.map((image) => ({
    ...image,
    rejecting: Array.from({ length: image.rejecting.length * 2500 }, (_, index) => ({
      id: `CVE-${index}`,
      severity: 'critical' as const,
      package: 'openssl',
      version: '3',
      platforms: ['linux/amd64'],
    })),
  }));
  const suites = await suitesOf({ run: { ...run, verdict: { ...run.verdict, images } }, scans });
  const [amd64, arm64] = suites[4]?.testcase ?? [];
  const [failure] = amd64?.failure ?? [];
  expect(failure?.message).toBe('rejected: 5,000 findings that the policy rejects');
  expect(failure?.inner?.split('\n')).toHaveLength(101);
  expect(failure?.inner).toMatch(/and 4,900 others$/);
  expect(arm64 && kindOf(arm64)).toBe('passed');
});
