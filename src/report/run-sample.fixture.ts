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
    policy: { failOn: 'critical', ignoreUnfixed: false, ignoreStatus: [], unknown: 'pass', requirePackages: false },
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

const PLANNED: readonly Step[] = [
  ['preflight', 1340, '10 checks passed'],
  ['recover', 210, 'release 41 is current'],
  ['plan', 640, '3 to build, 2 reused, 1 unchanged'],
];

const BUILT: readonly Step[] = [
  ...PLANNED,
  ['build', 92_400, '3 images, 31 of 58 steps from the cache'],
  ['push', 14_800, '3 images, 214 MB sent'],
];

/** The first release with the image of a service, and when and from which commit it was built; undefined for one that changed. */
const RELEASED: Readonly<Record<Service, readonly [release: number, built: string, revision: string] | undefined>> = {
  'meridian-api': [40, '2026-05-29T09:12:40.000Z', '9f3c21ab07d1e5406b8f2a7c9d3e1f0a4b5c6d7e'],
  'meridian-exporter': undefined,
  'meridian-gateway': [33, '2026-04-17T14:40:11.000Z', '41d0c9e2f38a7b6c5d4e3f2a1b0c9d8e7f6a5b4c'],
  'meridian-report': undefined,
  'meridian-scheduler': undefined,
  'meridian-worker': [41, '2026-05-30T17:42:10.000Z', 'c07a5e91b2d3f4a5b6c7d8e9f0a1b2c3d4e5f6a7'],
};

const REASONS: Readonly<Partial<Record<Service, readonly string[]>>> = {
  'meridian-exporter': ['no release has it yet'],
  'meridian-report': ['services/report/table.py, services/report/pdf/ (COPY, line 41)', 'build-arg FEATURES'],
  'meridian-scheduler': ['base image python:3.12-slim-bookworm is now sha256:b1f2a3c4d5e6'],
};

/** The commit of the run. */
const REVISION = 'e2b7f0c4a1d35968072b4c6d8e9fa0b1c2d3e4f5';

type Planned = Pick<PipelineImage, 'action' | 'reasons' | 'release' | 'revision' | 'built'>;

const plannedAs = (service: Service, promotion: Promotion): Planned => {
  const reused = RELEASED[service];
  if (reused === undefined) return { action: 'build', reasons: REASONS[service] ?? [], revision: REVISION };
  const [release, built, revision] = reused;
  const action = promotion === 'unchanged' ? 'unchanged' : 'reuse';
  return { action, reasons: [`its image is that of release ${release}`], release, revision, built };
};

const imagesOf = (promotion: (service: Service) => Promotion, pushed = true): PipelineImage[] =>
  SERVICES.map((service) => ({
    service,
    ...plannedAs(service, promotion(service)),
    repository: repositoryOf(service),
    reference: `registry.technocore.co.za/${repositoryOf(service)}:1.4.0`,
    ...(pushed || RELEASED[service]
      ? { digest: digestOf(service), sizeBytes: isAnalytics(service) ? 187_400_000 : 61_900_000 }
      : {}),
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
    const released = [40, 41, 33, 38, 41, 41] as const;
    const times = ['05-29T09:12', '05-30T17:42', '04-17T14:40', '05-22T11:05', '05-30T17:42', '05-30T17:42'] as const;
    const stages = stagesOf([
      ...PLANNED.slice(0, 2),
      ['plan', 720, '6 unchanged'],
      ['build', 0, 'no image has to be built', 'skipped'],
      ['push', 0, 'nothing was built', 'skipped'],
      ['scan', 480, '6 of 6 scanned'],
      ['gate', 12, 'all 6 passed'],
      ['promote', 140, 'nothing has changed since release 41'],
      ['registries', 8, '/etc/rancher/k3s/registries.yaml is up to date'],
    ]);
    return {
      run: runOf('unchanged', stages, {
        promoted: true,
        release: { number: 41, state: 'unchanged' },
        images: imagesOf(() => 'unchanged').map((image, at) => ({
          ...image,
          action: 'unchanged',
          reasons: [`its image is that of release ${released[at]}`],
          release: released[at] ?? 41,
          built: `2026-${times[at]}:10.000Z`,
          revision: digestOf('a commit', String(released[at]).repeat(9)).slice(-40),
        })),
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
    const stages = stagesOf([...PLANNED, ['build', 21_300, 'the compiler stage failed', 'failed']]);
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
    const stages = stagesOf([...BUILT.slice(0, 4), ['push', 4200, 'ended by SIGINT', 'failed']]);
    return {
      run: runOf('cancelled', stages, {
        images: imagesOf(untouched, false),
        error: { code: 'CANCELLED', message: 'cancelled', hint: 'Run it again: what was pushed is not sent again.' },
      }),
      scans: [],
    };
  },
};
