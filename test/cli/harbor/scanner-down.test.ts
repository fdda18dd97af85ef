import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createHarborProject,
  createRobot,
  type HarborTestProject,
  RELEASE_PERMISSIONS,
} from '../../harness/harbor-project.ts';
import { startHarbor, type TestHarbor } from '../../harness/harbor-server.ts';
import { pushImage, pushIndex, pushManifest } from '../../sandbox/small-images.ts';

const INDEX = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json' };

/** Of the scanner and the project, this robot knows nothing but what it may scan and push. */
async function createSetup(version: '2.9' | '2.15') {
  const harbor = await startHarbor({ version, delays: { scanTime: 50 } });
  const login = await createRobot(harbor, 'pipe', [...RELEASE_PERMISSIONS, 'artifact:list']);
  const project = await createHarborProject({ host: harbor.host, login });
  await pushImage(harbor, { repository: 'axion/scanned', tag: '1.0' });
  await pushImage(harbor, { repository: 'axion/unscanned', tag: '1.0' });
  const config = { type: 'application/vnd.example.thing.config.v1+json', content: { kind: 'thing' } };
  await pushImage(harbor, { repository: 'axion/record', tag: '1.0', config });
  await pushManifest(harbor, 'axion/index', 'empty', { ...INDEX, manifests: [] });
  const attestation = { type: 'application/vnd.oci.image.config.v1+json', content: {} };
  const digest = await pushImage(harbor, { repository: 'axion/index', config: attestation });
  await pushIndex(harbor, 'axion/index', 'attestations', [{ digest, platform: 'unknown/unknown' }]);
  await harbor.planScan('axion/scanned', '1.0', { findings: 3 });
  const { code, stderr } = await project.run(['harbor-trigger-scan', 'scanned', '--wait']);
  expect(code, stderr).toBe(0);
  return { harbor, project };
}

describe.each(['2.9', '2.15'] as const)('with Harbor %s, as a robot that may not read the scanner', (version) => {
  let harbor: TestHarbor;
  let project: HarborTestProject;
  beforeAll(async () => {
    ({ harbor, project } = await createSetup(version));
  });
  afterAll(async () => {
    await project[Symbol.asyncDispose]();
    await harbor[Symbol.asyncDispose]();
  });

  it('an image that was never scanned is called so', async () => {
    const { code, stderr } = await project.run(['gate', 'unscanned']);
    expect(code, stderr).toBe(1);
    expect(stderr).toContain('objdocker harbor-trigger-scan axion/unscanned:1.0 --wait');
  });

  it('an artifact that no scanner can scan is called so, without advice to scan it', async () => {
    const scan = await project.run(['harbor-scan', 'record:1.0']);
    expect(scan.code).toBe(1);
    expect(scan.stdout + scan.stderr).toContain('no scanner can scan it');
    expect(scan.stdout + scan.stderr).not.toMatch(/trigger-scan|--wait/);
    const gate = await project.run(['gate', 'record:1.0']);
    expect(gate.code).toBe(1);
    expect(gate.stdout).toContain('no scanner can scan it: it is no image, but of the type THING');
    expect(gate.stderr).not.toMatch(/trigger-scan|--wait/);
    const { document: list } = await project.json('harbor-artifacts', ['harbor-artifacts', 'record']);
    expect(list).toMatchObject({ items: [{ scan: { state: 'unsupported' } }] });
  });

  it.each(['empty', 'attestations'])(
    'an index without images is no clean image, and nothing waits for it: %s',
    async (tag) => {
      const name = `index:${tag}`;
      for (const args of [
        ['gate', name, '--wait'],
        ['harbor-scan', name],
        ['harbor-trigger-scan', name, '--wait'],
      ]) {
        const { code, stdout, stderr } = await project.run(args);
        expect(code, stdout).toBe(1);
        expect(stdout + stderr).toMatch(/no scanner can scan it|contains no image that can be scanned/);
        expect(stdout + stderr).not.toMatch(/PASSED|clean|trigger-scan|--wait/);
      }
      const { document } = await project.json('harbor-artifacts', ['harbor-artifacts', name]);
      expect(document).toMatchObject({ items: [{ scan: { state: 'unsupported' } }] });
    },
  );

  it('while the scanner is down, its reports are read where Harbor has them', async () => {
    await harbor.setDown('trivy');
    const scan = await project.run(['harbor-scan', 'scanned', '--json']);
    const gate = await project.run(['gate', 'scanned']);
    const unscanned = await project.run(['gate', 'unscanned']);
    await harbor.setDown();
    const { state, images } = JSON.parse(scan.stdout);
    expect(unscanned.code).toBe(3);
    expect(unscanned.stdout).toContain('no readable report of it now');
    if (version === '2.9') {
      expect([scan.code, gate.code, state]).toEqual([3, 3, 'scanner-down']);
      return;
    }
    expect([scan.code, gate.code, state]).toEqual([0, 1, 'findings']);
    expect(images[0]).toMatchObject({ note: "Harbor's health shows that its scanner Trivy is down" });
    expect(gate.stdout).toMatch(/REJECTED.*note: Harbor's health shows.*report of 20\d\d-/s);
  });

  it('a scan that cannot start fails with 3, and says why', async () => {
    await harbor.setDown('trivy');
    const { code, stderr } = await project.run(['harbor-trigger-scan', 'unscanned']);
    await harbor.setDown();
    expect(code).toBe(3);
    expect(stderr).toMatch(version === '2.9' ? /is down, or was a moment ago/ : /its scanner Trivy is down/);
  });
});
