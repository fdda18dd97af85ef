import type { StepEvent } from '../../buildx/progress/events.ts';
import { STAGES, type StageName } from '../../model/enums.ts';
import type { PipelineImage, PipelineRun, Promotion, StageRecord } from '../../model/pipeline-run.ts';
import type { SeverityCounts } from '../../model/scan-report.ts';
import { noCounts } from '../../model/severity-counts.ts';
import type { ImageVerdict, Verdict } from '../../model/verdict.ts';
import type { PipelineEvent } from '../../pipeline/events.ts';

/** An event of the sample, and its delay after the previous one. */
export interface TimedEvent {
  readonly afterMs: number;
  readonly event: PipelineEvent;
}

const SERVICES = ['api', 'worker', 'report', 'gateway', 'scheduler', 'notifier'] as const;
export const RUN = 'objdocker-20260531T081500Z-3f9a1c2b7d4e';
const NO_FINDINGS: SeverityCounts = noCounts();

const HOST = 'registry.technocore.co.za';
const AT = '2026-05-31T08:15:00.000Z';
const PLATFORMS = ['linux/amd64', 'linux/arm64'];

export const digestOf = (service: string): string => `sha256:${Buffer.from(service.padEnd(32, '.')).toString('hex')}`;
const repositoryOf = (service: string): string => `axion/meridian-${service}-homechoice`;
export const referenceOf = (service: string, tag = '1.4.0'): string => `${HOST}/${repositoryOf(service)}:${tag}`;

/** The details of the finished stages. */
const DETAILS: Readonly<Record<StageName, string>> = {
  preflight: '9 checks',
  recover: 'no unfinished run',
  plan: '6 to build',
  build: '6 images, 24 of 31 steps from the cache',
  push: '6 images, 48.2 MB',
  scan: '6 images on 2 platforms',
  gate: 'passed',
  promote: '6 tags, 5 moved',
  registries: 'no output is configured',
};

const DURATIONS: Readonly<Record<StageName, number>> = {
  preflight: 1_240,
  recover: 80,
  plan: 210,
  build: 41_200,
  push: 6_130,
  scan: 72_400,
  gate: 30,
  promote: 940,
  registries: 0,
};

function stageRecord(name: StageName, status: StageRecord['status'] = 'done'): StageRecord {
  if (status === 'skipped') return { name, status };
  return { name, status, detail: DETAILS[name], started: AT, durationMs: DURATIONS[name] };
}

/** A finished run of six images that passed, with `more` replaced. */
export function sampleRun(more: Partial<PipelineRun> = {}): PipelineRun {
  return {
    run: RUN,
    package: 'homechoice',
    tags: ['1.4.0'],
    registry: { host: HOST, type: 'harbor', project: 'axion' },
    started: AT,
    finished: '2026-05-31T08:17:02.000Z',
    durationMs: 122_020,
    outcome: 'passed',
    scanned: true,
    promoted: true,
    images: SERVICES.map((service, index) => ({
      service,
      repository: repositoryOf(service),
      reference: referenceOf(service),
      digest: digestOf(service),
      sizeBytes: 48_200_000 + index * 7_300_000,
      platforms: PLATFORMS,
      action: 'build',
      reasons: [`services/${service}/main.py (COPY, line ${41 + index})`],
      tags: [
        {
          tag: '1.4.0',
          reference: referenceOf(service),
          ...(index === 1 ? {} : { previous: digestOf(`${service} before`) }),
          promotion: index === 1 ? 'created' : 'moved',
        },
      ],
    })),
    stages: STAGES.map((name) => stageRecord(name, name === 'registries' ? 'skipped' : 'done')),
    verdict: sampleVerdict(),
    conflicts: [],
    recovered: [],
    staged: [],
    warnings: [],
    ...more,
  };
}

/** The verdict on the six images; all pass except the `rejected` one. */
export function sampleVerdict({ rejected }: { readonly rejected?: string } = {}): Verdict {
  return {
    outcome: rejected === undefined ? 'passed' : 'rejected',
    policy: { failOn: 'high', ignoreUnfixed: false, ignoreStatus: [], unknown: 'pass', requirePackages: false },
    day: '2026-05-31',
    images: SERVICES.map((service): ImageVerdict => {
      const isRejected = service === rejected;
      return {
        repository: repositoryOf(service),
        service,
        digest: digestOf(service),
        outcome: isRejected ? 'rejected' : 'passed',
        notes: [],
        platforms: PLATFORMS.map((platform) => ({
          platform,
          digest: digestOf(service),
          state: 'findings',
          counts: { ...NO_FINDINGS, critical: isRejected ? 1 : 0, medium: 4, low: 18 },
        })),
        rejecting: isRejected
          ? [
              {
                id: 'CVE-2024-3094',
                severity: 'critical',
                package: 'xz-utils',
                version: '5.6.0-0.2',
                fixVersion: '5.6.1+really5.4.5-1',
                platforms: PLATFORMS,
              },
            ]
          : [],
        allowed: [],
        unknownPassed: 3,
        unfixedPassed: 0,
        statusPassed: 0,
      };
    }),
    expired: [],
    unused: [],
  };
}

/** The events of the run, at about ten times the speed of a real one. */
export function sampleEvents(run: PipelineRun = sampleRun()): TimedEvent[] {
  return [
    at(0, {
      type: 'run-started',
      run: RUN,
      package: 'homechoice',
      images: SERVICES.map((service) => ({ service, reference: referenceOf(service) })),
      at: AT,
    }),
    ...stage('preflight', checks()),
    ...stage('recover', []),
    ...stage('plan', plans(run)),
    ...stage('build', steps()),
    ...stage('push', pushes(run)),
    ...stage('scan', scans(run)),
    ...stage('gate', run.verdict === undefined ? [] : [at(20, { type: 'verdict', verdict: run.verdict })]),
    ...stage('promote', run.promoted ? promotions(run) : []),
    at(0, { type: 'stage-finished', stage: stageRecord('registries', 'skipped') }),
    at(0, { type: 'run-finished', run, scans: [] }),
  ];
}

function at(afterMs: number, event: PipelineEvent): TimedEvent {
  return { afterMs, event };
}

function stage(name: StageName, work: readonly TimedEvent[]): TimedEvent[] {
  return [
    at(10, { type: 'stage-started', stage: name, at: AT }),
    ...work,
    at(60, { type: 'stage-finished', stage: stageRecord(name) }),
  ];
}

function checks(): TimedEvent[] {
  const titles = ['engine', 'buildx', 'Dockerfile', 'base images', 'registry', 'credentials', 'scanner', 'disk space'];
  return [
    ...titles.map((title) => at(0, { type: 'preflight', event: { type: 'check-started', id: title, title } })),
    ...titles.map((title, index) =>
      at(70, {
        type: 'preflight',
        event: {
          type: 'check-finished',
          check: {
            id: title,
            title,
            status: title === 'disk space' ? 'warning' : 'ok',
            detail: title === 'disk space' ? '4.1 GB free at /var/lib/docker' : 'well',
            durationMs: 70 * index,
          },
        },
      }),
    ),
  ];
}

function steps(): TimedEvent[] {
  const step = (id: string, more: Partial<StepEvent>): PipelineEvent => ({
    type: 'build',
    event: { type: 'step', id, state: 'started', stage: id, instruction: 'RUN make', internal: false, ...more },
  });
  const venv = { position: '2/4', instruction: 'RUN pip install --no-cache-dir -r requirements/web.txt' };
  return [
    at(50, { type: 'build', event: { type: 'invocation', method: 'bake', command: 'docker buildx bake' } }),
    at(50, step('builder', { state: 'cached', position: '1/3', instruction: 'RUN apt-get install gcc' })),
    at(50, step('venv-web', venv)),
    at(50, step('venv-data', { ...venv, instruction: 'RUN pip install --no-cache-dir -r requirements/data.txt' })),
    ...['fastapi-0.115.0', 'pydantic-2.9.2', 'uvicorn-0.30.6'].map((name) =>
      at(300, {
        type: 'build',
        event: { type: 'log', id: 'venv-web', stream: 'stdout', line: `Downloading ${name}-py3-none-any.whl` },
      }),
    ),
    at(300, step('venv-web', { ...venv, state: 'done', durationMs: 9_300 })),
    at(200, step('venv-data', { ...venv, state: 'done', durationMs: 12_100 })),
    ...SERVICES.flatMap((service) => [
      at(20, step(service, { position: '3/5', instruction: 'COPY --from=compiler /out /app' })),
      at(90, step(service, { position: '3/5', instruction: 'COPY --from=compiler /out /app', state: 'done' })),
    ]),
  ];
}

function plans({ images }: PipelineRun): TimedEvent[] {
  return images.map(({ reference, action = 'build', reasons = [], release }) =>
    at(0, { type: 'plan', reference, action, reasons, ...(release === undefined ? {} : { release }) }),
  );
}

/** The services whose images a run builds. */
function builtServices({ images }: PipelineRun): string[] {
  return images.flatMap(({ service, action }) => (service === undefined || action !== 'build' ? [] : [service]));
}

function pushes(run: PipelineRun): TimedEvent[] {
  const total = 8_200_000;
  const layers = 7;
  const services = builtServices(run);
  return services.flatMap((service, index) => {
    const reference = referenceOf(service, RUN);
    const sent = [0.1, 0.35, 0.7, 1].map((share) =>
      at(110, {
        type: 'push',
        event: {
          type: 'push-progress',
          reference,
          image: {
            layers,
            layersDone: Math.floor(share * layers),
            bytes: Math.round(share * total),
            totalBytes: total,
          },
          overall: {
            layers: layers * services.length,
            layersDone: layers * index + Math.floor(share * layers),
            bytes: Math.round((index + share) * total),
            totalBytes: total * services.length,
          },
        },
      }),
    );
    return [
      at(0, { type: 'push', event: { type: 'push-started', reference } }),
      ...sent,
      at(30, {
        type: 'push',
        event: { type: 'push-finished', image: { reference, digest: digestOf(service), durationMs: 1_320 } },
      }),
    ];
  });
}

function scans(run: PipelineRun): TimedEvent[] {
  const images = builtServices(run).flatMap((service) =>
    PLATFORMS.map((platform) => ({ reference: referenceOf(service), platform, digest: digestOf(service + platform) })),
  );
  const scan = (
    { reference, ...image }: (typeof images)[number],
    event: { type: 'requested' | 'queued' | 'running' | 'finished'; percent?: number },
  ): PipelineEvent => {
    if (event.type === 'requested')
      return { type: 'scan', reference, event: { ...image, type: 'requested', attached: false } };
    if (event.type === 'finished') {
      const counts = { ...NO_FINDINGS, medium: 4, low: 18, unknown: 3 };
      return { type: 'scan', reference, event: { ...image, type: 'finished', state: 'findings', counts } };
    }
    const progress = { type: 'progress', status: event.type } as const;
    const percent = event.percent === undefined ? {} : { percent: event.percent };
    return { type: 'scan', reference, event: { ...image, ...progress, ...percent } };
  };
  return [
    ...images.flatMap((image) => [at(15, scan(image, { type: 'requested' })), at(5, scan(image, { type: 'queued' }))]),
    ...images.flatMap((image) => [
      at(60, scan(image, { type: 'running' })),
      at(120, scan(image, { type: 'running', percent: 45 })),
      at(160, scan(image, { type: 'finished' })),
    ]),
  ];
}

function promotions({ images }: PipelineRun): TimedEvent[] {
  return images.flatMap(({ digest, tags }) =>
    digest === undefined
      ? []
      : tags.map(({ reference, promotion }) => at(90, { type: 'promotion', reference, digest, promotion })),
  );
}

/** A run that builds only these services; of the others nothing has changed since a release. */
export function buildingOnly(services: readonly string[], more: Partial<PipelineRun> = {}): PipelineRun {
  const run = sampleRun(more);
  const images = run.images.map((image, index): PipelineImage => {
    if (image.service === undefined || services.includes(image.service)) return image;
    const release = 36 + index;
    const unchanged = { action: 'unchanged', reasons: [`its image is that of release ${release}`], release } as const;
    return { ...promotedAs(image, 'unchanged'), ...unchanged, built: '2026-05-29T09:12:40.000Z' };
  });
  return { ...run, images };
}

/** An image of which all public tags have this promotion. */
export function promotedAs(image: PipelineImage, promotion: Promotion): PipelineImage {
  return { ...image, tags: image.tags.map((tag) => ({ ...tag, promotion })) };
}
