import type { TestHarbor } from '../harness/harbor-server.ts';
import { readRecording } from '../harness/recordings.ts';
import {
  artifactPath,
  endGc,
  finishGc,
  GC_TIME,
  hold,
  type RecordedScenario,
  type ReplayedHarbor,
  release,
  type Steps,
  until,
  untilScan,
} from './recorded-scenario.ts';
import { pushImage, pushIndex } from './small-images.ts';

const STEPS: Steps = {
  '051-repositories-list': async ({ harbor, substitutions }) => {
    substitutions.set(PYTHON, await pushImage(harbor, { repository: 'axion/python', tag: '3.11', docker: true }));
    const labels = { a: 'b' };
    substitutions.set(API, await pushImage(harbor, { repository: 'axion/services/api', tag: '1.0', labels }));
  },
  '090-scanners-trivy': addSampleScanner,
  '102-scan': async ({ harbor }) => {
    // A scan is Pending for a quarter of its time.
    await harbor.setDelays({ scanTime: 600_000 });
    await harbor.planScan('axion/python', '3.11', { findings: 40 });
  },
  '106-overview-state-2-Running': async ({ harbor }) => {
    await harbor.api('POST', `${PYTHON_ARTIFACT}/scan/stop`);
    await harbor.setDelays({ scanTime: 200 });
    await hold(harbor, 'axion/python');
    await harbor.api('POST', `${PYTHON_ARTIFACT}/scan`);
    await untilScan(harbor, PYTHON_ARTIFACT, 'Running');
  },
  '106-overview-state-3-Success': ({ harbor }) => finishPythonScan(harbor),
  '116-scan-by-tag': ({ harbor }) => hold(harbor, 'axion/python'),
  '130-clean-scan': async ({ harbor, substitutions }) => {
    await release(harbor, 'axion/python');
    for (const name of ['clean-0000', 'failscan-0000']) {
      const labels = { 'objdocker.sandbox.scan': name.startsWith('fail') ? 'fail' : 'well' };
      await pushImage(harbor, { repository: `axion/${name}`, tag: '1.0', labels });
    }
    await pushImage(harbor, { repository: 'axion/svc-0001', tag: '1.0' });
    await pushImage(harbor, { repository: 'axion/svc-0001', tag: '1.1' });
    await pushImage(harbor, { repository: 'axion/svc-0001' });
    await pushMulti(harbor, 'axion/svc-0001');
    substitutions.set(SVC2_FIRST, await pushImage(harbor, { repository: 'axion/svc-0002', tag: '1.0' }));
    await pushImage(harbor, { repository: 'axion/svc-0002', tag: '1.1' });
    const multi = await pushMulti(harbor, 'axion/svc-0002');
    substitutions.set(SVC2_CHILD, multi.child).set(SVC2_INDEX, multi.index);
    await pushImage(harbor, { repository: 'axion/svc-0002' });
    const content = { apiVersion: 'v2', name: 'chart', version: '0.1.0' };
    const config = { type: 'application/vnd.example.thing.config.v1+json', content };
    await pushImage(harbor, { repository: 'axion/chart', tag: '0.1.0', config });
  },
  '131-clean-overview': ({ harbor }) => untilScan(harbor, artifactPath('clean-0000', '1.0'), 'Success'),
  '134-fail-overview': ({ harbor }) => untilScan(harbor, artifactPath('failscan-0000', '1.0'), 'Error'),
  // An index has Success as soon as one platform has.
  '141-index-overview': ({ harbor }) =>
    until(harbor, `${artifactPath('svc-0001', 'multi')}?with_scan_overview=true`, /"complete_percent":100\b/),
  '143-rescan': ({ harbor }) => hold(harbor, 'axion/python'),
  '145-scan-log': async ({ harbor, substitutions }) => {
    await finishPythonScan(harbor);
    const text = await (await harbor.api('GET', `${PYTHON_ARTIFACT}?with_scan_overview=true`)).text();
    substitutions.set('429fe4d8-3102-4632-9e77-97fc55e5f065', /"report_id":"([^"]+)"/.exec(text)?.[1] ?? '');
  },
  '148-rescan2': ({ harbor }) => hold(harbor, 'axion/python'),
  '150-other-artifact': ({ harbor }) => finishPythonScan(harbor),
  '214-robot-projects': ({ harbor }) => harbor.seed({ project: 'load', repositories: 1215, artifacts: 3 }),
  '217-robot-artifacts': async ({ harbor }) => {
    await hold(harbor, 'axion/python');
    await harbor.api('POST', `${PYTHON_ARTIFACT}/scan`);
  },
  '300-repos-page1-of-100': async ({ harbor }) => {
    await harbor.api('POST', `${PYTHON_ARTIFACT}/scan/stop`);
    await harbor.api('POST', `${PYTHON_ARTIFACT}/scan`);
    await finishPythonScan(harbor);
  },
  '432-delete-artifact-double-encoded': async ({ harbor }) =>
    void (await pushImage(harbor, { repository: 'axion/a/b/c', tag: '3.11' })),
  '460-quota-set': ({ harbor }) => harbor.setDelays({ gcTime: GC_TIME, gcLag: 200, gcWindow: 2 }),
  '510-dry-gc-start-while-running': endGc,
  '510-dry-gc-done': finishGc,
  '511-real-gc-start-while-running': endGc,
  '511-real-gc-done': finishGc,
  '610-dry-gc-start': ({ harbor }) => harbor.setDelays({ gcWindow: 0 }),
  '610-dry-gc-start-while-running': endGc,
  '610-dry-gc-done': finishGc,
  '611-real-gc-start-while-running': endGc,
  '611-real-gc-done': finishGc,
  '758-overview-trivy-again': ({ harbor }) => untilScan(harbor, PYTHON_ARTIFACT, 'Success'),
  '800-registry-down-health': ({ harbor }) => harbor.setDown('registry'),
  '810-scanner-down-health': ({ harbor }) => harbor.setDown('trivy'),
  '820-jobservice-down-health': async ({ harbor }) => {
    await harbor.setDown();
    await harbor.api('POST', `${API_ARTIFACT}/scan`);
    await untilScan(harbor, API_ARTIFACT, 'Success');
    await harbor.setDown('jobservice');
  },
  '824-jobservice-back-scan-again': ({ harbor }) => harbor.setDown(),
  '825-jobservice-back-overview': ({ harbor }) => untilScan(harbor, API_ARTIFACT, 'Success'),
  '840-core-down': ({ harbor }) => harbor.setDown('core'),
  '901-promote-tag-create-on-1.0': preparePromotion,
  '907-manifest-put-same-tag-same-digest-auto-scan': ({ harbor }) => hold(harbor, 'axion/svc-0001'),
  '912-prevent-vul-get-manifest-vulnerable': async ({ harbor }) => {
    await release(harbor, 'axion/svc-0001');
    await untilScan(harbor, artifactPath('svc-0001', '1.1'), 'Success');
  },
};

const API_ARTIFACT = artifactPath('services%252Fapi', '1.0');
const PYTHON_ARTIFACT = artifactPath('python', '3.11');
const PYTHON = 'sha256:c4a4d62c318cc5e722109bf07fb602c307dd0ea40d544beb4ff4641c1ee3abb2';
const API = 'sha256:bcaf5c797ade1ad49bece4dfbf5d4ab9c49f198cfb2581e524b030a039597014';
const SVC2_FIRST = 'sha256:6c8cd028fb2bc96d704fd2c8d8f1e76e3d1a134286a566c062fd2c6f8664cd92';
const SVC2_CHILD = 'sha256:1ba5c4de6e249829b1aae1353e6944b31b74d4f640f00e564dddef274f9a605e';
const SVC2_INDEX = 'sha256:72ed92799fc8467d78462d83f15ffaf9800f0df782da9be4816f52b5176b4afb';

async function addSampleScanner({ harbor, substitutions }: ReplayedHarbor): Promise<void> {
  const body = { name: 'Sandbox sample scanner', url: 'http://localhost/scanner', description: 'samples' };
  const { headers } = await harbor.api('POST', 'scanners', { body });
  const location = headers.get('location') ?? '';
  substitutions.set('05179fb1-e70b-11f1-812e-3a155c6a5d68', location.split('/').at(-1) ?? '');
  await harbor.api('PATCH', location, { body: { is_default: true } });
}

/** The manifest that moves the tag has the bytes of this run, not the recorded ones. */
async function preparePromotion({ harbor, substitutions }: ReplayedHarbor): Promise<void> {
  await harbor.setDown();
  await harbor.planScan('axion/svc-0001', '1.1', { findings: 40 });
  await harbor.api('POST', `${artifactPath('svc-0001', '1.1')}/scan`);
  for (const [tag, recorded] of [
    ['1.0', 'sha256:1c12dd1d2355e7643835933c745a022a34fb61f10c93a5494c37698a9be2d51f'],
    ['1.1', 'sha256:075615607d95f051e5d5cddc34655b8b9b76bd12afbcc9580c1a66dd34af8ac1'],
  ] as const) {
    const { digest } = (await (await harbor.api('GET', artifactPath('svc-0001', tag))).json()) as { digest: string };
    substitutions.set(recorded, digest);
  }
  const headers = { Accept: 'application/vnd.oci.image.manifest.v1+json' };
  const manifest = await (await harbor.api('GET', '/v2/axion/svc-0001/manifests/1.1', { headers })).text();
  substitutions.set(readRecording('904-promote-manifest-put-moves-tag').request.body, manifest);
  await untilScan(harbor, artifactPath('svc-0001', '1.1'), 'Success');
}

async function pushMulti(harbor: TestHarbor, repository: string): Promise<{ child: string; index: string }> {
  const platforms = ['linux/amd64', 'linux/arm64'];
  const children = [];
  for (const platform of platforms)
    children.push({ platform, digest: await pushImage(harbor, { repository, platform }) });
  const index = await pushIndex(harbor, repository, 'multi', children);
  return { child: children[0]?.digest ?? '', index };
}

async function finishPythonScan(harbor: TestHarbor): Promise<void> {
  await release(harbor, 'axion/python');
  await untilScan(harbor, PYTHON_ARTIFACT, 'Success');
}

/** Recordings of features that the sandbox does not have, and those made with parts of Harbor removed by hand. */
const LEFT_OUT =
  /^(077|078|085|086|320|323|324|326|327|328|329|330|331|371|41\d|70\d|71\d|72[04-6]|802|804|83\d|850|860)/;

export const RECORDED_2_9: RecordedScenario = { version: '2.9', steps: STEPS, leftOut: LEFT_OUT };
