import { basic } from '../harness/harbor-server.ts';
import { readRecording } from '../harness/recordings.ts';
import {
  artifactPath,
  endGc,
  finishGc,
  GC_TIME,
  hold,
  ours,
  type RecordedScenario,
  type ReplayedHarbor,
  release,
  type Steps,
  until,
  untilScan,
} from './recorded-scenario.ts';
import { digestOf, pushBlob, pushImage, pushIndex } from './small-images.ts';

const STEPS: Steps = {
  // The recorded Harbor had a scanner from the start, which was down.
  '001-ping': async ({ harbor, substitutions }) => {
    substitutions.set('PASSWORD', harbor.admin.password);
    const body = { name: 'Sandbox sample scanner', url: 'http://localhost/scanner', description: 'samples' };
    const { headers } = await harbor.api('POST', 'scanners', { body });
    substitutions.set('d105b52f-ebfc-11f1-9a5d-86344388a05b', headers.get('location')?.split('/').at(-1) ?? '');
    await harbor.setDown('trivy');
  },
  '051-repositories-list': pushFirstImages,
  '330-v2-put-cosign-signature-by-tag': (replayed) => prepareManifest(replayed, '330-v2-put-cosign-signature-by-tag'),
  '331-v2-put-sigstore-bundle-with-subject': (replayed) =>
    prepareManifest(replayed, '331-v2-put-sigstore-bundle-with-subject'),
  '332-v2-put-record-with-subject': (replayed) => prepareManifest(replayed, '332-v2-put-record-with-subject'),
  '440-immutable-rules': async ({ harbor }) => {
    const rule = JSON.parse(readRecording('444d-immutable-rule-conflict', '2.15').request.body) as object;
    await harbor.api('POST', 'projects/axion/immutabletagrules', { body: rule });
  },
  '444-immutable-push-over-tag': async (replayed) => {
    await prepareManifest(replayed, '444b-push-other-tag');
  },
  '462-quota-unlimited': async ({ harbor, substitutions }) => {
    const manifest = await copyImage(harbor, 'axion/python', '3.11', 'axion/quota', '1');
    substitutions.set(readRecording('907-manifest-put-auto-scan', '2.15').request.body, manifest);
  },
  '503-gc-log-unknown': ({ harbor }) => harbor.setDelays({ gcTime: GC_TIME, gcLag: 200, gcWindow: 2 }),
  // This run had lines right after its start. The other one had none.
  '510-dry-gc-start': ({ harbor }) => harbor.setDelays({ gcTime: 0 }),
  '510-dry-gc-right-after': async ({ harbor }) => until(harbor, 'system/gc/1/log', /INFO/),
  '510-dry-gc-done': finishGc,
  '511-real-gc-start': ({ harbor }) => harbor.setDelays({ gcTime: GC_TIME }),
  '511-real-gc-start-while-running': endGc,
  '511-real-gc-done': finishGc,
  '300-repos-page1-of-100': addLoad,
  '426-delete-artifact-by-digest': async ({ harbor }) =>
    void (await copyImage(harbor, 'axion/python', '3.11', 'axion/copied')),
  '090-scanners-trivy': ({ harbor }) => harbor.setDown(),
  '102-scan': async ({ harbor }) => {
    // A scan is Pending for a quarter of its time.
    await harbor.setDelays({ scanTime: 600_000 });
    await harbor.planScan('axion/python', '3.11', { findings: 40 });
    await harbor.planScan('axion/quota', '1', { findings: 40 });
  },
  '104-vulnerabilities-while-scanning': async ({ harbor }) => {
    await stop(harbor, 'vulnerability');
    await harbor.setDelays({ scanTime: 200 });
    await hold(harbor, 'axion/python');
    await harbor.api('POST', `${PYTHON_ARTIFACT}/scan`);
    await untilScan(harbor, PYTHON_ARTIFACT, 'Running');
  },
  '110-overview-accept-v1.0-only': ({ harbor }) => finishPythonScan(harbor),
  '116-scan-by-tag': ({ harbor }) => hold(harbor, 'axion/python'),
  '130-clean-scan': async ({ harbor }) => {
    await release(harbor, 'axion/python');
    const labels = { 'objdocker.sandbox.scan': 'fail' };
    await pushImage(harbor, { repository: 'axion/broken', tag: '1.0', labels });
  },
  '134-fail-overview': ({ harbor }) => untilScan(harbor, artifactPath('broken', '1.0'), 'Error'),
  '141b-index-child-overview': (replayed) =>
    untilScan(replayed.harbor, artifactPath('multi', ours(replayed, MULTI_CHILD)), 'Success'),
  '160-sbom-scan': ({ harbor }) => harbor.setDelays({ scanTime: 600_000 }),
  '161-sbom-overview-state-2-Running': async ({ harbor }) => {
    await stop(harbor, 'sbom');
    await harbor.setDelays({ scanTime: 200 });
    await hold(harbor, 'axion/python');
    await harbor.api('POST', `${PYTHON_ARTIFACT}/scan`, { body: { scan_type: 'sbom' } });
    await untilSbom(harbor, PYTHON_ARTIFACT, 'Running');
  },
  '161-sbom-overview-state-3-Success': async ({ harbor }) => {
    await release(harbor, 'axion/python');
    await untilSbom(harbor, PYTHON_ARTIFACT, 'Success');
  },
  '169-sbom-index-overview': ({ harbor }) => untilSbom(harbor, artifactPath('multi', '1.0'), 'Success'),
  '148-rescan2': ({ harbor }) => hold(harbor, 'axion/python'),
  '106-overview-state-3-Success': ({ harbor }) => finishPythonScan(harbor),
  '131-clean-overview': ({ harbor }) => untilScan(harbor, artifactPath('clean', '1.0'), 'Success'),
  '144-attestation-index-overview': ({ harbor }) => untilScan(harbor, API_ARTIFACT, 'Success'),
  '150-push-other-artifact': (replayed) => prepareManifest(replayed, '150-push-other-artifact'),
  // In Harbor the report of a digest counts in every repository.
  '911-prevent-vul-on': async ({ harbor }) => {
    await harbor.api('POST', `${artifactPath('quota', '1')}/scan`);
    await untilScan(harbor, artifactPath('quota', '1'), 'Success');
  },
  '907-manifest-put-auto-scan': ({ harbor }) => hold(harbor, 'axion/quota'),
  '908-overview-after-put-auto-scan-1': ({ harbor }) => untilScan(harbor, artifactPath('quota', '3'), 'Running'),
  '908-overview-after-put-auto-scan-3': async ({ harbor }) => {
    await release(harbor, 'axion/quota');
    await untilScan(harbor, artifactPath('quota', '3'), 'Success');
    await untilSbom(harbor, artifactPath('quota', '3'), 'Success');
  },
  '820-jobservice-down-health': ({ harbor }) => harbor.setDown('jobservice'),
  '824-jobservice-back-scan-again': ({ harbor }) => harbor.setDown(),
  '825-jobservice-back-overview': ({ harbor }) => untilScan(harbor, PYTHON_ARTIFACT, 'Success'),
  '800-registry-down-health': ({ harbor }) => harbor.setDown('registry'),
  '840-core-down': ({ harbor }) => harbor.setDown('core'),
  '850-after-all-health': ({ harbor }) => harbor.setDown(),
  '811c-scanner-down-scan-of-scanned': ({ harbor }) => harbor.setDown('trivy'),
  '340-cosign-v2-accessories': async (replayed) => {
    await replayed.harbor.setDown();
    const digest = ours(replayed, CLEAN);
    await pushSigned(replayed, '340-cosign-v2-v2-manifest-0', 'axion/clean', digest.replace('sha256:', 'sha256-'));
  },
  '341-cosign-v3-accessories': (replayed) =>
    pushSigned(replayed, '341-cosign-v3-v2-manifest-0', 'axion/services/api', undefined),
};

const PYTHON_ARTIFACT = artifactPath('python', '3.11');
const API_ARTIFACT = artifactPath('services%252Fapi', '1.0');
const PYTHON = 'sha256:587d63af597a297ebcae6d5a8a2a68a6f0ccf5d362981e0d0f810e537a4ca499';
const CLEAN = 'sha256:1c89c752e49e8440f7024497d69f3971a4fd276dddc9978ee76fd8f46de6ba79';
const API_INDEX = 'sha256:69e0ac0c7f5a2c29ab3847edfc3f96e58c065890512e2f5918cf0badd6a594a4';
const MULTI_INDEX = 'sha256:6039549dec5ea8705bcb6ec5f98e7656c09a2bda028e863662cda6e3b411bde1';
const MULTI_CHILD = 'sha256:ef9c0ec0fcbfec67048ad767f200dec4daed876adc352390bb3f508d2563ffe9';
const EMPTY = Buffer.from('{}');

type Harbor = ReplayedHarbor['harbor'];

async function pushFirstImages({ harbor, substitutions }: ReplayedHarbor): Promise<void> {
  const repository = 'axion/services/api';
  const labels = { 'org.example': 'python' };
  substitutions.set(PYTHON, await pushImage(harbor, { repository: 'axion/python', tag: '3.11', docker: true, labels }));
  substitutions.set(CLEAN, await pushImage(harbor, { repository: 'axion/clean', tag: '1.0', docker: true }));
  const image = { platform: 'linux/amd64', digest: await pushImage(harbor, { repository, platform: 'linux/amd64' }) };
  const attestation = { platform: 'unknown/unknown', digest: await pushImage(harbor, { repository }) };
  substitutions.set(API_INDEX, await pushIndex(harbor, repository, '1.0', [image, attestation]));
  const children = [];
  for (const platform of ['linux/amd64', 'linux/arm64']) {
    children.push({ platform, digest: await pushImage(harbor, { repository: 'axion/multi', platform, docker: true }) });
  }
  substitutions.set(MULTI_CHILD, children[0]?.digest ?? '');
  substitutions.set(MULTI_INDEX, await pushIndex(harbor, 'axion/multi', '1.0', children, { docker: true }));
}

async function addLoad({ harbor, substitutions }: ReplayedHarbor): Promise<void> {
  await harbor.seed({ project: 'load', repositories: 105, prefix: 'svc-' });
  substitutions.set('svc-00', 'svc-000');
  const access = ['repository', 'artifact'].flatMap((resource) =>
    ['list', 'read'].map((action) => ({ resource, action })),
  );
  const permissions = [{ kind: 'project', namespace: 'load', access }];
  const body = { name: 'load', level: 'project', duration: -1, permissions };
  const { secret } = (await (await harbor.api('POST', 'robots', { body })).json()) as { secret: string };
  substitutions.set('SECRET-load-load', secret);
}

interface Manifest {
  readonly config: { readonly mediaType: string; readonly digest: string };
  readonly layers: readonly { readonly digest: string }[];
}

/** Pushes blobs for a recorded manifest, so that it can be pushed with their digests. */
async function prepareManifest(replayed: ReplayedHarbor, name: string): Promise<void> {
  const { path, request } = readRecording(name, '2.15');
  const repository = /^\/v2\/(.+)\/manifests\//.exec(path)?.[1] ?? '';
  await pushPartsOf(replayed, repository, JSON.parse(request.body) as Manifest);
  const theirs = readRecording(name, '2.15').response.headers.get('docker-content-digest');
  if (theirs !== undefined) replayed.substitutions.set(theirs, digestOf(Buffer.from(ours(replayed, request.body))));
}

async function pushPartsOf(replayed: ReplayedHarbor, repository: string, manifest: Manifest): Promise<void> {
  for (const { digest, mediaType } of [
    manifest.config,
    ...manifest.layers.map((each) => ({ ...each, mediaType: '' })),
  ]) {
    const isImage = mediaType === 'application/vnd.oci.image.config.v1+json' && digest !== digestOf(EMPTY);
    const bytes = isImage
      ? Buffer.from('{"architecture":"amd64","os":"linux","config":{}}')
      : digest === digestOf(EMPTY)
        ? EMPTY
        : Buffer.from(`bytes of ${digest}`);
    await pushBlob(replayed.harbor, repository, bytes);
    replayed.substitutions.set(digest, digestOf(bytes));
  }
}

/** Pushes the recorded manifest of a signature. */
async function pushSigned(
  replayed: ReplayedHarbor,
  name: string,
  repository: string,
  tag: string | undefined,
): Promise<void> {
  const { response } = readRecording(name, '2.15');
  await pushPartsOf(replayed, repository, JSON.parse(response.body) as Manifest);
  const body = ours(replayed, response.body);
  const own = digestOf(Buffer.from(body));
  replayed.substitutions.set(response.headers.get('docker-content-digest') ?? '', own);
  await put(replayed.harbor, repository, tag === undefined ? own : `${tag}.sig`, body);
}

/** Pushes an image a second time, under another name. @returns its manifest */
async function copyImage(harbor: Harbor, from: string, tag: string, to: string, toTag?: string): Promise<string> {
  const headers = { Accept: 'application/vnd.docker.distribution.manifest.v2+json' };
  const body = await (await harbor.api('GET', `/v2/${from}/manifests/${tag}`, { headers })).text();
  const { config, layers } = JSON.parse(body) as Manifest;
  for (const { digest } of [config, ...layers]) {
    await harbor.api('POST', `/v2/${to}/blobs/uploads/?mount=${digest}&from=${from}`);
  }
  await put(harbor, to, toTag ?? digestOf(Buffer.from(body)), body, headers.Accept);
  return body;
}

async function put(
  harbor: Harbor,
  repository: string,
  reference: string,
  body: string,
  type = 'application/vnd.oci.image.manifest.v1+json',
): Promise<void> {
  const headers = { 'Content-Type': type, Authorization: basic(harbor.admin) };
  const response = await harbor.api('PUT', `/v2/${repository}/manifests/${reference}`, { body, headers });
  if (response.status !== 201) throw new Error(`push failed: ${response.status} ${await response.text()}`);
}

async function finishPythonScan(harbor: Harbor): Promise<void> {
  await release(harbor, 'axion/python');
  await untilScan(harbor, PYTHON_ARTIFACT, 'Success');
}

const stop = (harbor: Harbor, type: string): Promise<Response> =>
  harbor.api('POST', `${PYTHON_ARTIFACT}/scan/stop`, { body: { scan_type: type } });

const untilSbom = (harbor: Harbor, artifact: string, status: string): Promise<void> =>
  until(harbor, `${artifact}?with_sbom_overview=true`, new RegExp(`"sbom_overview":[^}]*"scan_status":"${status}"`));

/**
 * Recordings of what the sandbox does not have: the audit log, search, statistics, the security hub, copies, "scan all",
 * every setting, a Redis that can be down, and reports that all repositories of a digest share (908). Harbor lists the
 * methods of a path in any order (347).
 */
const LEFT_OUT =
  /^(239j|323|324|326|327|328|347|330-security|331-security|331b|332b|41[012]|71\d|83\d|908-overview-after-put-auto-scan-0)/;

export const RECORDED_2_15: RecordedScenario = { version: '2.15', steps: STEPS, leftOut: LEFT_OUT };
