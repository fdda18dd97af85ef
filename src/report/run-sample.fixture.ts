import { type GateOutcome, type PipelineOutcome, STAGES, type StageName } from '../model/enums.ts';
import type { PipelineImage, PipelineReport, PipelineRun, Promotion, StageRecord } from '../model/pipeline-run.ts';
import type { Finding, ImageScan, ScanReport } from '../model/scan-report.ts';
import type { EvaluatedFinding, ImageVerdict, Verdict } from '../model/verdict.ts';
import {
  CRITICAL,
  digestOf,
  findingsOf,
  isAnalytics,
  PLATFORMS,
  REJECTED,
  REPORT_CRITICAL,
  REPORT_PILLOW,
  RUN,
  repositoryOf,
  SCANNED,
  SERVICES,
  type Service,
  scansOf,
} from './run-sample-scans.fixture.ts';
import { sampleScan, withoutResult } from './sample.fixture.ts';

const STARTED = Date.parse('2026-05-31T08:15:00Z');

const evaluated = ({ id, severity, package: name, version, fixVersion }: Finding): EvaluatedFinding => ({
  id,
  severity,
  package: name,
  version,
  ...(fixVersion === undefined ? {} : { fixVersion }),
  platforms: PLATFORMS,
});

function verdictOf(
  scans: readonly ScanReport[],
  outcomeOf: (service: Service) => Pick<ImageVerdict, 'outcome' | 'reason'>,
): Verdict {
  const images = SERVICES.map((service, at): ImageVerdict => {
    const scan = scans[at];
    const result = outcomeOf(service);
    const rejecting = result.outcome === 'rejected' ? [REPORT_CRITICAL, REPORT_PILLOW].map(evaluated) : [];
    return {
      repository: repositoryOf(service),
      service,
      digest: digestOf(service),
      ...result,
      notes: [],
      platforms: (scan?.images ?? []).map(({ platform, digest, state, counts }) => ({
        platform,
        digest,
        state: result.outcome === 'timed-out' ? 'timed-out' : state,
        counts,
      })),
      rejecting,
      allowed:
        result.outcome === 'passed' || result.outcome === 'rejected'
          ? [
              {
                ...evaluated(CRITICAL),
                reason: 'MiniZip is not part of what Debian builds; see SEC-2214',
                until: '2026-09-30',
              },
            ]
          : [],
      unknownPassed: scan?.images.some(({ counts }) => counts.unknown > 0) ? 1 : 0,
      unfixedPassed: 0,
      statusPassed: 0,
    };
  });
  const worst = (['scanner-down', 'scan-failed', 'timed-out', 'not-scanned', 'rejected'] as const).find((outcome) =>
    images.some((image) => image.outcome === outcome),
  );
  return {
    outcome: worst ?? 'passed',
    policy: { failOn: 'critical', ignoreUnfixed: false, ignoreStatus: [], unknown: 'pass' },
    day: '2026-05-31',
    images,
    expired: [
      {
        id: 'CVE-2023-50447',
        reason: 'only with the next base image',
        until: '2026-04-30',
        findings: worst === 'rejected' ? 1 : 0,
      },
    ],
    unused: ['CVE-2022-40897'],
  };
}

type Step = readonly [StageName, number, string, StageRecord['status']?];

function stagesOf(steps: readonly Step[]): StageRecord[] {
  let at = STARTED + 40;
  const records = new Map<StageName, StageRecord>();
  for (const [name, durationMs, detail, status = 'done'] of steps) {
    if (status === 'skipped') {
      records.set(name, { name, status, detail });
      continue;
    }
    records.set(name, { name, status, detail, started: new Date(at).toISOString(), durationMs });
    at += durationMs + 25;
  }
  return STAGES.map((name) => records.get(name) ?? { name, status: 'skipped' });
}

const BUILT: readonly Step[] = [
  ['preflight', 1340, '10 checks passed'],
  ['recover', 210, 'release 41 is current'],
  ['build', 92_400, '6 images, 31 of 58 steps from the cache'],
  ['push', 14_800, '6 images, 214 MB sent'],
];

const imagesOf = (promotion: (service: Service) => Promotion, pushed = true): PipelineImage[] =>
  SERVICES.map((service) => ({
    service,
    repository: repositoryOf(service),
    reference: `registry.technocore.co.za/${repositoryOf(service)}:1.4.0`,
    ...(pushed ? { digest: digestOf(service), sizeBytes: isAnalytics(service) ? 187_400_000 : 61_900_000 } : {}),
    platforms: PLATFORMS,
    tags: [
      {
        tag: '1.4.0',
        reference: `registry.technocore.co.za/${repositoryOf(service)}:1.4.0`,
        ...(service === 'meridian-exporter'
          ? {}
          : { previous: promotion(service) === 'unchanged' ? digestOf(service) : digestOf(service, 'previous') }),
        promotion: promotion(service),
      },
    ],
  }));

const moved = (service: Service): Promotion =>
  service === 'meridian-exporter' ? 'created' : service === 'meridian-worker' ? 'unchanged' : 'moved';
const untouched = (): Promotion => 'none';

function runOf(outcome: PipelineOutcome, stages: readonly StageRecord[], more: Partial<PipelineRun>): PipelineRun {
  const ends = stages.map(({ started, durationMs = 0 }) =>
    started === undefined ? 0 : Date.parse(started) + durationMs,
  );
  const finished = Math.max(STARTED, ...ends) + 60;
  return {
    run: RUN,
    package: 'homechoice',
    tags: ['1.4.0'],
    registry: { host: 'registry.technocore.co.za', type: 'harbor', project: 'axion' },
    started: new Date(STARTED).toISOString(),
    finished: new Date(finished).toISOString(),
    durationMs: finished - STARTED,
    outcome,
    scanned: true,
    promoted: false,
    images: imagesOf(untouched),
    stages,
    conflicts: [],
    recovered: [],
    staged: [],
    warnings: [],
    ...more,
  };
}

/** The scans of a run in which one service's image may be rejected. */
function scanned(rejected: boolean): ScanReport[] {
  return SERVICES.map((service) =>
    scansOf(service, (platform, digest) =>
      sampleScan(findingsOf(service, rejected), { platform, digest, finished: SCANNED }),
    ),
  );
}

/** All services are scanned but one, about which nothing is known. */
function scannedButOne(state: ImageScan['state'], reason: string): ScanReport[] {
  return SERVICES.map((service) =>
    scansOf(service, (platform, digest) =>
      service === REJECTED
        ? withoutResult(state, { platform, digest, reason })
        : sampleScan(findingsOf(service, false), { platform, digest, finished: SCANNED }),
    ),
  );
}

const withoutResultOf =
  (outcome: GateOutcome, reason: string) =>
  (service: Service): Pick<ImageVerdict, 'outcome' | 'reason'> =>
    service === REJECTED ? { outcome, reason } : { outcome: 'passed' };

/** A believable run of six services on two platforms with each outcome: the same every time. */
export const SAMPLE_RUNS: Readonly<Record<PipelineOutcome, () => PipelineReport>> = {
  passed() {
    const scans = scanned(false);
    const stages = stagesOf([
      ...BUILT,
      ['scan', 48_200, '6 of 6 scanned'],
      ['gate', 12, 'all 6 passed'],
      ['promote', 1900, 'release 42: 4 moved, 1 created, 1 unchanged'],
      ['registries', 8, '/etc/rancher/k3s/registries.yaml is up to date'],
    ]);
    return {
      run: runOf('passed', stages, {
        promoted: true,
        release: { number: 42, digest: digestOf('meridian-api', 'release 42'), state: 'done' },
        images: imagesOf(moved),
        verdict: verdictOf(scans, () => ({ outcome: 'passed' })),
        recovered: [
          {
            release: 41,
            run: 'objdocker-20260530T174210Z-90d1c6e2ab34',
            action: 'finished',
            references: ['registry.technocore.co.za/axion/meridian-api-homechoice:1.3.9'],
          },
        ],
        registries: { path: '/etc/rancher/k3s/registries.yaml', changed: false },
        warnings: [
          'the project scans pushed images and prevents pulls of unscanned ones: an image whose tag moves cannot be pulled until Harbor has scanned it again',
        ],
      }),
      scans,
    };
  },
  unchanged() {
    const scans = scanned(false);
    const stages = stagesOf([
      ...BUILT,
      ['scan', 48_200, '6 of 6 scanned'],
      ['gate', 12, 'all 6 passed'],
      ['promote', 1900, 'nothing has changed since release 42'],
      ['registries', 8, '/etc/rancher/k3s/registries.yaml is up to date'],
    ]);
    return {
      run: runOf('unchanged', stages, {
        promoted: true,
        release: { number: 42, state: 'unchanged' },
        images: imagesOf(() => 'unchanged'),
        verdict: verdictOf(scans, () => ({ outcome: 'passed' })),
        registries: { path: '/etc/rancher/k3s/registries.yaml', changed: false },
      }),
      scans,
    };
  },
  unscanned() {
    const stages = stagesOf([
      ...BUILT,
      ['scan', 0, 'not scanned, as requested', 'skipped'],
      ['gate', 0, 'nothing was scanned', 'skipped'],
      ['promote', 1700, '4 moved, 1 created, 1 unchanged'],
    ]);
    return { run: runOf('unscanned', stages, { promoted: true, scanned: false, images: imagesOf(moved) }), scans: [] };
  },
  rejected() {
    const scans = scanned(true);
    const stages = stagesOf([
      ...BUILT,
      ['scan', 51_700, '6 of 6 scanned'],
      ['gate', 14, 'meridian-report rejected', 'failed'],
    ]);
    const verdict = verdictOf(scans, (service) => ({ outcome: service === REJECTED ? 'rejected' : 'passed' }));
    return { run: runOf('rejected', stages, { verdict }), scans };
  },
  'scan-failed'() {
    const reason = 'the scan job ended with an error: unable to analyse the layer';
    const scans = scannedButOne('failed', reason);
    const stages = stagesOf([
      ...BUILT,
      ['scan', 33_100, '5 of 6 scanned', 'failed'],
      ['gate', 9, 'meridian-report scan failed', 'failed'],
    ]);
    return {
      run: runOf('scan-failed', stages, { verdict: verdictOf(scans, withoutResultOf('scan-failed', reason)) }),
      scans,
    };
  },
  'scanner-down'() {
    const reason = 'Harbor cannot reach its scanner Trivy';
    const scans = SERVICES.map((service) =>
      scansOf(service, (platform, digest) => withoutResult('scanner-down', { platform, digest, reason })),
    );
    const stages = stagesOf([...BUILT, ['scan', 5400, reason, 'failed']]);
    return {
      run: runOf('scanner-down', stages, { verdict: verdictOf(scans, () => ({ outcome: 'scanner-down', reason })) }),
      scans,
    };
  },
  'timed-out'() {
    const reason = 'no result within 15 minutes; the scan continues';
    const scans = scannedButOne('running', reason);
    const stages = stagesOf([...BUILT, ['scan', 900_000, '5 of 6 scanned', 'failed']]);
    return {
      run: runOf('timed-out', stages, {
        verdict: verdictOf(scans, withoutResultOf('timed-out', reason)),
        staged: [`registry.technocore.co.za/${repositoryOf(REJECTED)}:${RUN}`],
      }),
      scans,
    };
  },
  conflict() {
    const scans = scanned(false);
    const reference = `registry.technocore.co.za/${repositoryOf('meridian-gateway')}:1.4.0`;
    const stages = stagesOf([
      ...BUILT,
      ['scan', 47_900, '6 of 6 scanned'],
      ['gate', 11, 'all 6 passed'],
      ['promote', 420, `somebody else moved ${reference} during this run; nothing was promoted`, 'failed'],
    ]);
    return {
      run: runOf('conflict', stages, {
        verdict: verdictOf(scans, () => ({ outcome: 'passed' })),
        conflicts: [
          {
            reference,
            expected: digestOf('meridian-gateway', 'previous'),
            found: digestOf('meridian-gateway', 'somebody'),
          },
        ],
      }),
      scans,
    };
  },
  failed() {
    const stages = stagesOf([...BUILT.slice(0, 2), ['build', 21_300, 'the compiler stage failed', 'failed']]);
    return {
      run: runOf('failed', stages, {
        images: imagesOf(untouched, false),
        error: {
          code: 'BUILD_FAILED',
          message:
            'the build of homechoice failed in the stage compiler: meridian/report/layout.py:41: undeclared name not builtin: color',
          hint: 'Correct the module, or exclude it: deployment.compile.exclude.',
        },
      }),
      scans: [],
    };
  },
  cancelled() {
    const stages = stagesOf([...BUILT.slice(0, 3), ['push', 4200, 'ended by SIGINT', 'failed']]);
    return {
      run: runOf('cancelled', stages, {
        images: imagesOf(untouched, false),
        error: { code: 'CANCELLED', message: 'cancelled', hint: 'Run it again: what was pushed is not sent again.' },
      }),
      scans: [],
    };
  },
};
