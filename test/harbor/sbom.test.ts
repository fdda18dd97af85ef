import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHarborProject, type HarborTestProject } from '../harness/harbor-project.ts';
import { startHarbor, type TestHarbor } from '../harness/harbor-server.ts';
import { pushImage, pushIndex } from '../sandbox/small-images.ts';

let harbor: TestHarbor;
let project: HarborTestProject;

beforeAll(async () => {
  harbor = await startHarbor({ version: '2.15', delays: { scanTime: 20 } });
  await harbor.api('PUT', 'projects/axion', { body: { metadata: { auto_scan: 'false' } } });
  project = await createHarborProject({ host: harbor.host, login: harbor.admin });
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await harbor[Symbol.asyncDispose]();
});

const DPKG = {
  'var/lib/dpkg/status': ['zlib1g', 'bash']
    .map((name) => `Package: ${name}\nStatus: install ok installed\nVersion: 1:1.0-1\n`)
    .join('\n'),
};

describe('harbor-sbom', () => {
  test('generates the SBOM of an image, then shows it without generating it again', async () => {
    const digest = await pushImage(harbor, { repository: 'axion/one', tag: '1.0', files: DPKG });
    const before = await project.json('error', ['harbor-sbom', 'one'], { code: 1 });
    expect(before.document.error).toMatchObject({
      code: 'SBOM_NOT_FOUND',
      hint: expect.stringContaining(`objdocker harbor-sbom one@${digest.slice(0, 19)} --trigger`),
    });
    const { document: first } = await project.json('harbor-sbom', ['harbor-sbom', 'one', '--trigger']);
    expect(first).toMatchObject({
      repository: 'axion/one',
      tags: ['1.0'],
      digest,
      images: [
        {
          platform: 'linux/amd64',
          digest,
          packages: [
            { name: 'bash', version: '1:1.0-1', type: 'deb', purl: 'pkg:deb/debian/bash@1%3A1.0-1' },
            { name: 'zlib1g', version: '1:1.0-1', type: 'deb' },
          ],
        },
      ],
    });
    const { document: second } = await project.json('harbor-sbom', ['harbor-sbom', `one@${digest.slice(7, 14)}`]);
    expect(second).toEqual(first);
    const { document: renewed } = await project.json('harbor-sbom', ['harbor-sbom', 'one', '--trigger']);
    expect(renewed.images[0]?.sbom).not.toBe(first.images[0]?.sbom);
    const { stdout } = await project.run(['harbor-sbom', 'one']);
    expect(stdout).toMatch(/^axion\/one:1\.0 .*\nlinux\/amd64: 2 packages\nPACKAGE +VERSION +TYPE/);
    expect(stdout).toMatch(/^bash +1:1\.0-1 +deb/m);
  });

  test("writes the scanner's document to stdout, and to a file beside the JSON output", async () => {
    await pushImage(harbor, { repository: 'axion/spdx', tag: '1.0', files: DPKG });
    const { stdout } = await project.run(['harbor-sbom', 'spdx', '--trigger', '--format', 'spdx']);
    const printed = JSON.parse(stdout);
    expect(printed).toMatchObject({ spdxVersion: 'SPDX-2.3', SPDXID: 'SPDXRef-DOCUMENT' });
    const args = ['harbor-sbom', 'spdx', '--format', 'spdx', '--output', 'sbom.json'];
    const { document } = await project.json('harbor-sbom', args);
    expect(document.images[0]?.packages).toHaveLength(2);
    expect(JSON.parse(await readFile(project.path('sbom.json'), 'utf8'))).toEqual(printed);
    const both = await project.json('error', ['harbor-sbom', 'spdx', '--format', 'spdx'], { code: 2 });
    expect(both.document.error.message).toContain('--json cannot be combined with --format spdx');
  });

  test('shows the SBOM of each platform of an index, and one SPDX document at a time', async () => {
    const platforms = ['linux/amd64', 'linux/arm64'];
    const children = await Promise.all(
      platforms.map(async (platform, at) => {
        const files = at === 0 ? { files: DPKG } : {};
        return { platform, digest: await pushImage(harbor, { repository: 'axion/multi', platform, ...files }) };
      }),
    );
    await pushIndex(harbor, 'axion/multi', '1.0', children);
    const { document } = await project.json('harbor-sbom', ['harbor-sbom', 'multi', '--trigger']);
    expect(document.images.map(({ platform, packages }) => [platform, packages.length])).toEqual([
      ['linux/amd64', 2],
      ['linux/arm64', 0],
    ]);
    const several = await project.run(['harbor-sbom', 'multi', '--format', 'spdx']);
    expect(several.code).toBe(2);
    expect(several.stderr).toContain('--platform linux/amd64');
    const one = await project.run(['harbor-sbom', 'multi', '--format', 'spdx', '--platform', 'linux/arm64']);
    expect(JSON.parse(one.stdout).name).toContain(children[1]?.digest);
    const { stdout } = await project.run(['harbor-sbom', 'multi', '--platform', 'linux/arm64']);
    expect(stdout).toContain('linux/arm64: the scanner found no packages');
    expect(stdout).not.toContain('linux/amd64');
    const none = await project.json('error', ['harbor-sbom', 'multi', '--platform', 'linux/s390x'], { code: 2 });
    expect(none.document.error).toMatchObject({ code: 'PLATFORM_INVALID', platforms });
  });

  test('says that the generation failed, goes on, or is impossible', async () => {
    await pushImage(harbor, {
      repository: 'axion/broken',
      tag: '1.0',
      labels: { 'objdocker.sandbox.scan': 'fail' },
    });
    const failed = await project.json('error', ['harbor-sbom', 'broken', '--trigger'], { code: 3 });
    expect(failed.document.error.code).toBe('SBOM_FAILED');

    await pushImage(harbor, { repository: 'axion/slow', tag: '1.0' });
    await harbor.planScans('axion/slow', { holds: true });
    const late = await project.json('error', ['harbor-sbom', 'slow', '--trigger', '--timeout', '1s'], { code: 3 });
    expect(late.document.error.code).toBe('TIMEOUT');
    const running = await project.json('error', ['harbor-sbom', 'slow'], { code: 1 });
    expect(running.document.error.message).toContain('is being generated');
    await harbor.planScans('axion/slow', {});
    // Attaches to the generation that runs, or starts another after its end.
    await project.json('harbor-sbom', ['harbor-sbom', 'slow', '--trigger']);

    const config = { type: 'application/vnd.cncf.helm.config.v1+json', content: { name: 'chart', version: '1.0' } };
    await pushImage(harbor, { repository: 'axion/chart', tag: '1.0', config });
    const chart = await project.json('error', ['harbor-sbom', 'chart'], { code: 3 });
    expect(chart.document.error).toMatchObject({ code: 'SCAN_UNSUPPORTED', hint: 'Only images have SBOMs.' });

    await pushImage(harbor, { repository: 'axion/down', tag: '1.0' });
    await harbor.setDown('trivy');
    for (const args of [
      ['harbor-sbom', 'down'],
      ['harbor-sbom', 'down', '--trigger'],
    ]) {
      expect((await project.json('error', args, { code: 3 })).document.error.code).toBe('SCANNER_DOWN');
    }
    await harbor.setDown();
    const unused = await project.run(['harbor-sbom', 'one', '--timeout', '5s']);
    expect(unused.stderr).toContain('--timeout needs --trigger');
  });
});

describe('an image without findings', () => {
  const clean = async (name: string, files: Readonly<Record<string, string>> = {}): Promise<void> => {
    await pushImage(harbor, { repository: `axion/${name}`, tag: '1.0', files });
    await harbor.planScan(`axion/${name}`, '1.0', { findings: [] });
    const { code, stderr } = await project.run(['harbor-trigger-scan', name, '--wait']);
    expect(code, stderr).toBe(0);
  };
  const stateOf = async (name: string) => (await project.json('harbor-scan', ['harbor-scan', name])).document.images[0];

  test('has nothing to examine when its SBOM lists no packages, and else is clean', async () => {
    await clean('static');
    expect(await stateOf('static')).toMatchObject({ state: 'clean' });
    expect(await stateOf('static')).not.toHaveProperty('packages');
    await project.json('harbor-sbom', ['harbor-sbom', 'static', '--trigger']);
    expect(await stateOf('static')).toMatchObject({ state: 'empty', packages: 0 });
    const { stdout } = await project.run(['harbor-scan', 'static']);
    expect(stdout).toContain('linux/amd64: nothing to examine');

    await clean('filled', DPKG);
    await project.json('harbor-sbom', ['harbor-sbom', 'filled', '--trigger']);
    expect(await stateOf('filled')).toMatchObject({ state: 'clean', packages: 2 });
  });

  test('passes the gate with a note unless packages are known, and with requirePackages is rejected', async () => {
    await clean('no-sbom');
    await clean('no-packages');
    await clean('packages', DPKG);
    for (const name of ['no-packages', 'packages'])
      await project.json('harbor-sbom', ['harbor-sbom', name, '--trigger']);
    const args = ['gate', 'no-sbom', 'no-packages', 'packages'];
    const notes = [
      ['no findings, and Harbor has no SBOM that says whether the scanner found any packages in it'],
      ['the scanner found no packages in it: there was nothing to examine'],
      [],
    ];
    const passed = await project.json('gate', args);
    expect(passed.document.images.map((image) => image.notes)).toEqual(notes);
    const { stdout } = await project.run([...args, '--summary', 'summary.md']);
    const summary = await readFile(project.path('summary.md'), 'utf8');
    for (const [note] of notes) {
      if (note === undefined) continue;
      expect(stdout.replace(/\s+/g, ' ')).toContain(`note: ${note}`);
      expect(summary).toContain(`: ${note}`);
    }

    await using strict = await createHarborProject({
      host: harbor.host,
      login: harbor.admin,
      scan: { requirePackages: true },
    });
    const rejected = await strict.json('gate', args, { code: 1 });
    expect(rejected.document.images.map(({ outcome }) => outcome)).toEqual(['rejected', 'rejected', 'passed']);
    expect(rejected.document.images.map(({ reason }) => reason)).toEqual([notes[0]?.[0], notes[1]?.[0], undefined]);
    const shown = await strict.run(args);
    expect(shown.stdout).toContain('an image without known packages is rejected');
    expect(shown.stderr).toContain('requirePackages: false would pass 2 images without known packages');
  });

  test('is evaluated with the SBOM that Harbor is still generating', async () => {
    await harbor.api('PUT', 'projects/axion', { body: { metadata: { auto_sbom_generation: 'true' } } });
    await pushImage(harbor, { repository: 'axion/late', tag: '1.0', files: DPKG });
    await harbor.planScan('axion/late', '1.0', { findings: [] });
    const { document } = await project.json('harbor-trigger-scan', ['harbor-trigger-scan', 'late', '--wait']);
    expect(document.items[0]).toMatchObject({ report: { images: [{ state: 'clean', packages: 2 }] } });
    await harbor.api('PUT', 'projects/axion', { body: { metadata: { auto_sbom_generation: 'false' } } });
  });
});

test('harbor-sbom says that Harbor 2.9 has no SBOMs, and starts no scan', async () => {
  await using old = await startHarbor({ version: '2.9' });
  await old.api('PUT', 'projects/axion', { body: { metadata: { auto_scan: 'false' } } });
  await pushImage(old, { repository: 'axion/api', tag: '1.0' });
  await using oldProject = await createHarborProject({ host: old.host, login: old.admin });
  const { document } = await oldProject.json('error', ['harbor-sbom', 'api', '--trigger'], { code: 3 });
  expect(document.error).toMatchObject({ code: 'REGISTRY_TOO_OLD', message: expect.stringContaining('has no SBOMs') });
  expect((await oldProject.json('harbor-scan', ['harbor-scan', 'api'], { code: 1 })).document.state).toBe(
    'not-scanned',
  );
});
