import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHarborProject, type HarborTestProject } from '../../harness/harbor-project.ts';
import { startHarbor, type TestHarbor } from '../../harness/harbor-server.ts';
import { docker } from '../../harness/sandbox.ts';
import { objdockerInTerminal } from '../../harness/terminal.ts';
import { pushImage, pushIndex } from '../../sandbox/small-images.ts';

const FINDINGS = [
  { id: 'CVE-2026-0001', package: 'libbad', version: '1.0', fix: '1.1', severity: 'Critical', score: 9.8 },
  { id: 'CVE-2026-0002', package: 'libsad', version: '2.0', severity: 'High' },
  { id: 'CVE-2026-0003', package: 'libmeh', version: '3.0', fix: '3.1', severity: 'Low' },
].map(({ id, package: name, version, fix, severity, score }) => ({
  id,
  package: name,
  version,
  fix_version: fix ?? '',
  severity,
  description: `\u001b[31m${id} <script>alert(1)</script>`,
  links: ['javascript:alert(1)', `https://example.com/${id}`],
  artifact_digests: [],
  preferred_cvss: { score_v3: score ?? null },
  cwe_ids: [''],
  vendor_attributes: null,
}));

let harbor: TestHarbor;
let project: HarborTestProject;
let built: string;

beforeAll(async () => {
  harbor = await startHarbor();
  project = await createHarborProject({ host: harbor.host, login: harbor.admin });
  const build = await project.run(['build', '--json']);
  expect(build.code, build.stderr).toBe(0);
  built = JSON.parse(build.stdout).images[0].reference;
  const push = await project.run(['push']);
  expect(push.code, push.stderr).toBe(0);
});

afterAll(async () => {
  await docker(['rmi', '--force', built]);
  await project[Symbol.asyncDispose]();
  await harbor[Symbol.asyncDispose]();
});

/** A repository of its own with one scanned image. */
async function scanned(name: string, findings: readonly unknown[] | number = FINDINGS): Promise<string> {
  const digest = await pushImage(harbor, { repository: `axion/${name}`, tag: '1.0' });
  await harbor.planScan(`axion/${name}`, '1.0', { findings });
  const { code, stderr } = await project.run(['harbor-trigger-scan', name, '--wait']);
  expect(code, stderr).toBe(0);
  return digest;
}

describe('an image pushed with objdocker push', () => {
  it('is listed, scanned, and listed with its scan', async () => {
    const before = await project.json('harbor-repos', ['harbor', 'repos', '--scan']);
    expect(before.document.items).toContainEqual(
      expect.objectContaining({
        name: 'axion-shop',
        fullName: 'axion/axion-shop',
        artifactCount: 1,
        newest: expect.objectContaining({
          tags: [expect.objectContaining({ name: '1.0' })],
          scan: expect.objectContaining({ state: 'not-scanned' }),
        }),
      }),
    );
    expect((await project.run(['harbor-scan', 'axion-shop'])).code).toBe(1);

    const { document: triggered } = await project.json('harbor-trigger-scan', ['harbor-trigger-scan', 'axion-shop']);
    expect(triggered).toEqual({
      items: [{ repository: 'axion/axion-shop', reference: '1.0', started: true }],
      total: 1,
    });
    const { document: report } = await project.json('harbor-scan', ['harbor-scan', 'axion-shop', '--wait']);
    expect(report.state).toMatch(/^(clean|findings)$/);

    const { document: artifacts } = await project.json('harbor-artifacts', ['harbor-artifacts', 'axion-shop']);
    expect(artifacts).toMatchObject({
      total: 1,
      items: [{ digest: report.digest, scan: { state: report.state, counts: report.images[0]?.counts } }],
    });
  });
});

describe('harbor-repos and harbor-artifacts', () => {
  it('print tables, or only names with --quiet, and accept repositories with slashes', async () => {
    const digest = await pushImage(harbor, { repository: 'axion/services/api', tag: '2.0' });
    const repos = await project.run(['harbor-repos']);
    expect(repos.stdout).toMatch(/^REPOSITORY +ARTIFACTS +LAST PUSH +PULLS$/m);
    expect(repos.stdout).toMatch(/^services\/api +1 +20\d\d-\S+ +\d+$/m);
    expect((await project.run(['harbor-repos', '--quiet'])).stdout.split('\n')).toContain('services/api');
    const artifacts = await project.run(['harbor-artifacts', `${harbor.host}/axion/services/api`]);
    expect(artifacts.stdout).toMatch(new RegExp(`^${digest} +2\\.0 +linux/amd64 +\\d+ `, 'm'));
    expect((await project.run(['harbor-artifacts', 'axion/services/api', '--quiet'])).stdout).toBe(`${digest}\n`);
    // A tag or a digest names one of them.
    const other = await pushImage(harbor, { repository: 'axion/services/api', tag: '3.0' });
    expect((await project.run(['harbor-artifacts', 'services/api:2.0', '--quiet'])).stdout).toBe(`${digest}\n`);
    expect((await project.run(['harbor-artifacts', `services/api@${other}`, '--quiet'])).stdout).toBe(`${other}\n`);
    const missing = await project.json('error', ['harbor-artifacts', 'services/api:4.0'], { code: 1 });
    expect(missing.document.error.code).toBe('TAG_NOT_FOUND');
  });

  it('show the worst platform of an index', async () => {
    const children = await Promise.all(
      ['linux/amd64', 'linux/arm64'].map(async (platform) => ({
        platform,
        digest: await pushImage(harbor, { repository: 'axion/multi', platform }),
      })),
    );
    await pushIndex(harbor, 'axion/multi', '1.0', children);
    await harbor.api('POST', `projects/axion/repositories/multi/artifacts/${children[0]?.digest}/scan`);
    const scan = await project.json('harbor-scan', ['harbor-scan', `multi@${children[0]?.digest}`, '--wait']);
    expect(scan.document.state).toBe('clean');
    // One platform is clean, the other is not scanned.
    const { document } = await project.json('harbor-artifacts', ['harbor-artifacts', 'multi']);
    expect(document.items[0]).toMatchObject({ scan: { state: 'not-scanned' } });
    const index = await project.json('harbor-scan', ['harbor-scan', 'multi'], { code: 1 });
    expect(index.document).toMatchObject({
      state: 'not-scanned',
      images: [{ state: 'clean' }, { state: 'not-scanned' }],
    });
    expect(index.stderr).toContain('axion/multi (linux/arm64): not scanned');
    // --wait waits only for running scans.
    await harbor.api('POST', `projects/axion/repositories/multi/artifacts/${children[0]?.digest}/scan`);
    const waited = await project.json('harbor-scan', ['harbor-scan', 'multi', '--wait', '--timeout', '10m'], {
      code: 1,
    });
    expect(waited.document.images.map(({ state }) => state)).toEqual(['clean', 'not-scanned']);
  });

  it('tell an unknown repository from an empty one, and suggest the nearest name', async () => {
    const digest = await pushImage(harbor, { repository: 'axion/emptied', tag: '1.0' });
    await harbor.api('DELETE', `projects/axion/repositories/emptied/artifacts/${digest}`);
    const { document } = await project.json('harbor-artifacts', ['harbor-artifacts', 'emptied']);
    expect(document).toEqual({ items: [], total: 0 });
    const { document: missing } = await project.json('error', ['harbor-artifacts', 'emptier'], { code: 1 });
    expect(missing.error).toMatchObject({ code: 'REPOSITORY_NOT_FOUND', hint: 'Did you mean "emptied"?' });
  });
});

describe('harbor-scan', () => {
  beforeAll(async () => {
    await scanned('vulnerable');
  });

  it('groups findings by severity on a terminal, and escapes control characters', async () => {
    const { screen, ended } = objdockerInTerminal(['harbor-scan', 'vulnerable'], {
      cwd: project.directory,
      columns: 140,
    });
    expect(await ended).toBe(0);
    expect(screen.text).toMatch(/CRITICAL \(1\)\n {2}CVE-2026-0001 +libbad +1\.0 +1\.1 +9\.8 +\\e\[31mCVE-2026-0001/);
    expect(screen.text).toMatch(/HIGH \(1\)\n {2}CVE-2026-0002 +libsad +2\.0 +- /);
    expect(screen.text).toContain('3 findings, 2 with a fix (C 1 H 1 L 1)');
  });

  it('filters by one severity and worse, by several severities, and by fix', async () => {
    const idsOf = async (...flags: string[]): Promise<string[]> => {
      const { document } = await project.json('harbor-scan', ['harbor-scan', 'vulnerable', ...flags]);
      return document.images.flatMap(({ findings }) => findings.map(({ id }) => id));
    };
    expect(await idsOf('--severity', 'high')).toEqual(['CVE-2026-0001', 'CVE-2026-0002']);
    expect(await idsOf('--severity', 'high,low')).toEqual(['CVE-2026-0002', 'CVE-2026-0003']);
    expect(await idsOf('--fixed-only')).toEqual(['CVE-2026-0001', 'CVE-2026-0003']);
    const wrong = await project.run(['harbor-scan', 'vulnerable', '--severity', 'hihg']);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "high"') });
  });

  it('exits with 1 when --fail-on is reached, also by findings that are not shown', async () => {
    const codeOf = async (...flags: string[]) => (await project.run(['harbor-scan', 'vulnerable', ...flags])).code;
    expect(await codeOf()).toBe(0);
    expect(await codeOf('--fail-on', 'critical')).toBe(1);
    expect(await codeOf('--fail-on', 'high', '--severity', 'low,negligible')).toBe(1);
    await scanned('unfixed', FINDINGS.slice(1, 2));
    expect((await project.run(['harbor-scan', 'unfixed', '--fail-on', 'critical'])).code).toBe(0);
    expect((await project.run(['harbor-scan', 'unfixed', '--fail-on', 'high'])).code).toBe(1);
    expect((await project.run(['harbor-scan', 'unfixed', '--fail-on', 'high', '--fixed-only'])).code).toBe(0);
  });

  it('writes SARIF, HTML and JSON, to stdout or a file', async () => {
    const sarif = JSON.parse((await project.run(['harbor-scan', 'vulnerable', '--format', 'sarif'])).stdout);
    expect(sarif).toMatchObject({ version: '2.1.0' });
    expect(sarif.runs[0].results).toHaveLength(3);
    expect(JSON.stringify(sarif)).toContain('"uri":"Dockerfile"');

    const dash = await project.run(['harbor-scan', 'vulnerable', '--format', 'sarif', '-o', '-']);
    expect(JSON.parse(dash.stdout)).toEqual(sarif);

    const html = await project.run(['harbor-scan', 'vulnerable', '--format', 'html', '--output', 'new/scan.html']);
    expect(html).toMatchObject({ code: 0, stdout: '', stderr: 'wrote new/scan.html\n' });
    const page = await readFile(project.path('new/scan.html'), 'utf8');
    expect(page).toMatch(/^<!doctype html>/i);
    expect(page).not.toContain('<script>alert');

    const both = await project.json('harbor-scan', [
      'harbor-scan',
      'vulnerable',
      '--format',
      'table',
      '-o',
      'scan.txt',
    ]);
    expect(both.document.images[0]?.findings).toHaveLength(3);
    expect(await readFile(project.path('scan.txt'), 'utf8')).toMatch(/^critical +CVE-2026-0001/m);
    const plain = await project.run(['harbor-scan', 'vulnerable', '--format', 'json']);
    expect(JSON.parse(plain.stdout)).toEqual(both.document);
    expect((await project.run(['harbor-scan', 'vulnerable', '--json', '--format', 'html'])).code).toBe(2);
  });

  it('fails when the report cannot be written', async () => {
    const result = await project.run(['harbor-scan', 'vulnerable', '--format', 'html', '-o', '/proc/scan.html']);
    expect(result).toMatchObject({ code: 3, stderr: expect.stringContaining('cannot write') });
  });

  it('exits with 1 for a running scan, and with 3 for a failed one', async () => {
    await pushImage(harbor, { repository: 'axion/slow', tag: '1.0' });
    await harbor.planScans('axion/slow', { holds: true });
    await project.run(['harbor-trigger-scan', 'slow']);
    const running = await project.json('harbor-scan', ['harbor-scan', 'slow'], { code: 1 });
    expect(running.document.state).toBe('running');
    const attached = await project.run(['harbor-trigger-scan', 'slow']);
    expect(attached.stdout).toContain('a scan is already queued or running');
    await harbor.planScans('axion/slow', { findings: [] });
    expect((await project.json('harbor-scan', ['harbor-scan', 'slow', '--wait'])).document.state).toBe('clean');
    await harbor.api('PUT', 'projects/axion', { body: { metadata: { auto_scan: 'true' } } });
    await pushImage(harbor, { repository: 'axion/automatic', tag: '1.0' });
    const automatic = await project.json('harbor-scan', ['harbor-scan', 'automatic', '--wait']);
    expect(automatic.document.state).toBe('clean');
    await harbor.api('PUT', 'projects/axion', { body: { metadata: { auto_scan: 'false' } } });

    await pushImage(harbor, { repository: 'axion/failing', tag: '1.0' });
    await harbor.planScan('axion/failing', '1.0', { fails: 'out of disk' });
    const trigger = await project.json('harbor-trigger-scan', ['harbor-trigger-scan', 'failing', '--wait'], {
      code: 3,
    });
    expect(trigger.document.items).toMatchObject([{ started: true, report: { state: 'failed' } }]);
    const failed = await project.run(['harbor-scan', 'failing']);
    expect(failed).toMatchObject({ code: 3, stderr: expect.stringContaining('the scan failed. Scan the image again') });
  });

  it('waits for the new report, not the existing one', async () => {
    await scanned('again', []);
    await harbor.planScan('axion/again', '1.0', { findings: FINDINGS });
    const { document } = await project.json('harbor-trigger-scan', ['harbor-trigger-scan', 'again', '--wait']);
    expect(document.items).toMatchObject([{ report: { state: 'findings' } }]);
  });

  it('starts the scans of several images, and goes on when one cannot be scanned', async () => {
    for (const name of ['many-one', 'many-two']) await pushImage(harbor, { repository: `axion/${name}`, tag: '1.0' });
    await harbor.planScan('axion/many-two', '1.0', { findings: FINDINGS });
    const names = ['many-one', 'many-none', 'axion/many-two:1.0', 'many-one'];
    const { document, stderr } = await project.json(
      'harbor-trigger-scan',
      ['harbor-trigger-scan', ...names, '--wait'],
      {
        code: 1,
      },
    );
    expect(document).toMatchObject({
      items: [
        { repository: 'axion/many-one', started: true, report: { state: 'clean' } },
        { name: 'many-none', error: { code: 'REPOSITORY_NOT_FOUND' } },
        { repository: 'axion/many-two', started: true, report: { state: 'findings' } },
      ],
      total: 3,
    });
    expect(stderr).toMatch(/^many-one linux\/amd64: scan started$/m);
    const shown = await project.run(['harbor-trigger-scan', 'many-one', 'many-two', '--wait']);
    expect(shown.code, shown.stderr).toBe(0);
    expect(shown.stdout.trimEnd().split('\n').sort()).toEqual([
      'many-one linux/amd64: clean',
      'many-two linux/amd64: findings C 1 H 1 L 1',
    ]);
  });

  it('prints the result of a platform once when both streams are one terminal', async () => {
    await scanned('told-once');
    const { screen, ended } = objdockerInTerminal(['harbor-trigger-scan', 'told-once', '--wait'], {
      cwd: project.directory,
    });
    expect(await ended).toBe(0);
    expect(screen.lines.filter((line) => line.startsWith('linux/amd64: findings'))).toEqual([
      'linux/amd64: findings C 1 H 1 L 1',
    ]);
  });

  it('ends on Ctrl-C and after --timeout', async () => {
    await pushImage(harbor, { repository: 'axion/endless', tag: '1.0' });
    await harbor.setDelays({ scanTime: 60_000 });
    const trigger = ['harbor-trigger-scan', 'endless', '--wait', '--timeout', '1s'];
    const late = await project.json('harbor-trigger-scan', trigger, { code: 3 });
    expect(late.document.items).toMatchObject([{ name: 'endless', error: { code: 'TIMEOUT' } }]);
    const wait = ['harbor-scan', 'endless', '--wait', '--timeout', '1s'];
    const { document } = await project.json('error', wait, { code: 3 });
    expect(document.error).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('within 1 s') });
    const interrupted = await project.run(['harbor-scan', 'endless', '--wait'], { interruptAt: 'linux/amd64: ' });
    expect(interrupted.code).toBe(130);
    await pushImage(harbor, { repository: 'axion/endless-too', tag: '1.0' });
    const started = await project.run(['harbor-trigger-scan', 'endless-too', '--wait'], {
      interruptAt: 'scan started',
    });
    expect(started).toMatchObject({ code: 130, stderr: expect.stringContaining('the scan continues in Harbor') });
    await harbor.setDelays({ scanTime: 200 });
  });
});

describe('harbor-delete and harbor-untag', () => {
  it('rejects a tag, and names the command that removes tags', async () => {
    const { document } = await project.json('error', ['harbor-delete', 'axion-shop', '1.0', '--yes'], { code: 2 });
    expect(document.error).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('is a tag'),
      hint: expect.stringContaining('objdocker harbor-untag axion-shop 1.0'),
    });
  });

  it('shows what is deleted, requires --yes without a terminal, and deletes', async () => {
    const digest = await pushImage(harbor, { repository: 'axion/old', tag: '1.0' });
    const dry = await project.json('harbor-delete', ['harbor-delete', 'old', digest, '--dry-run']);
    expect(dry.document).toMatchObject({ digest, deleted: false, tags: ['1.0'] });
    const refused = await project.run(['harbor-delete', 'old', digest]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('deletes its tags: 1.0') });
    expect(refused.stderr).toContain('--yes');
    const done = await project.json('harbor-delete', ['harbor-delete', `old@${digest}`, '--yes']);
    expect(done.document).toMatchObject({ digest, deleted: true });
    const again = await project.json('error', ['harbor-delete', 'old', digest, '--yes'], { code: 1 });
    expect(again.document.error.code).toBe('ARTIFACT_NOT_FOUND');
  });

  it('takes the first digits of a digest, and not a tag that looks like them', async () => {
    const digest = await pushImage(harbor, { repository: 'axion/short', tag: '1.0' });
    const short = digest.slice('sha256:'.length, 'sha256:'.length + 7);
    for (const name of [short, `sha256:${short}`, `${digest.slice(0, 20)}…`]) {
      const dry = await project.json('harbor-delete', ['harbor-delete', 'short', name, '--dry-run']);
      expect(dry.document).toMatchObject({ repository: 'axion/short', digest });
      for (const command of ['harbor-artifacts', 'harbor-trigger-scan', 'harbor-scan', 'gate'])
        expect(
          (await project.run([command, `short@${name}`, ...(command === 'harbor-trigger-scan' ? ['--wait'] : [])]))
            .code,
        ).toBe(0);
    }
    await harbor.api('POST', `projects/axion/repositories/short/artifacts/${digest}/tags`, { body: { name: short } });
    for (const named of [['short', short], [`short:${short}`]]) {
      const { document } = await project.json('error', ['harbor-delete', ...named, '--yes'], { code: 2 });
      expect(document.error.message).toContain(`"${short}" is a tag`);
    }
    const none = await project.json('error', ['harbor-delete', 'short@0000000', '--yes'], { code: 1 });
    expect(none.document.error.code).toBe('ARTIFACT_NOT_FOUND');
    const both = await project.json('error', ['harbor-delete', 'short:1.0', digest, '--yes'], { code: 2 });
    expect(both.document.error.message).toBe(`"${digest}" is given, and "short:1.0" names another`);
    const done = await project.run(['harbor-delete', `short@sha256:${short}`, '--yes']);
    expect(done).toMatchObject({ code: 0, stdout: `deleted axion/short@${digest}\n` });
  });

  it('asks for confirmation on a terminal, and deletes only after yes', async () => {
    const digest = await pushImage(harbor, { repository: 'axion/asked', tag: '1.0' });
    const ask = async (answer: string): Promise<{ code: number | null; text: string }> => {
      const command = objdockerInTerminal(['harbor-delete', 'asked', digest], { cwd: project.directory, columns: 120 });
      await expect.poll(() => command.screen.text, { timeout: 120_000 }).toContain(`Delete ${digest}?`);
      command.type(answer);
      return { code: await command.ended, text: command.screen.text };
    };
    expect(await ask('n\r')).toMatchObject({ code: 1, text: expect.stringContaining('nothing was deleted') });
    expect(await ask('\u0003')).toMatchObject({ code: 130 });
    expect((await project.json('harbor-artifacts', ['harbor-artifacts', 'asked'])).document.total).toBe(1);
    expect(await ask('y\r')).toMatchObject({ code: 0, text: expect.stringContaining(`deleted axion/asked@${digest}`) });
  });

  it('explains why the image of an index cannot be deleted, and deletes it with the index', async () => {
    const child = await pushImage(harbor, { repository: 'axion/indexed' });
    const index = await pushIndex(harbor, 'axion/indexed', '1.0', [{ digest: child, platform: 'linux/amd64' }]);
    // Without --yes, no DELETE is sent, although Harbor would refuse it: somebody may change the rule meanwhile.
    await harbor.resetTraffic();
    const { document: preview } = await project.json('harbor-delete', ['harbor-delete', 'indexed', child], { code: 1 });
    expect(preview).toMatchObject({ deleted: false, refusal: 'in-index', indexes: [index] });
    expect((await harbor.traffic()).recent.map(({ method }) => method)).not.toContain('DELETE');
    const refused = await project.run(['harbor-delete', 'indexed', child, '--yes']);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`the image is a platform of the index ${index}`),
    });
    const { document } = await project.json('harbor-delete', ['harbor-delete', 'indexed', index, '--yes']);
    expect(document.children).toEqual([child]);
  });

  it('removes a tag and keeps the artifact', async () => {
    const digest = await pushImage(harbor, { repository: 'axion/tagged', tag: '1.0' });
    await harbor.api('POST', `projects/axion/repositories/tagged/artifacts/${digest}/tags`, {
      body: { name: 'stable' },
    });
    const { document } = await project.json('harbor-untag', ['harbor-untag', 'tagged', 'stable']);
    expect(document).toEqual({ repository: 'axion/tagged', tag: 'stable', digest });
    const { document: artifacts } = await project.json('harbor-artifacts', ['harbor-artifacts', 'tagged']);
    expect(artifacts.items[0]?.tags.map(({ name }) => name)).toEqual(['1.0']);
    const missing = await project.json('error', ['harbor-untag', 'tagged:stable'], { code: 1 });
    expect(missing.document.error.code).toBe('TAG_NOT_FOUND');
    expect((await project.run(['harbor-untag', 'tagged'])).code).toBe(2);
  });
});

describe('the service of a package', () => {
  const files = {
    Dockerfile: 'FROM scratch AS api\nCOPY file /\nFROM scratch AS worker\nCOPY file /\n',
    file: 'content',
  };

  it('is understood as its repository by every command, first', async () => {
    await using services = await createHarborProject({ host: harbor.host, login: harbor.admin, files });
    const digest = await pushImage(harbor, { repository: 'axion/api-shop', tag: '1.0' });
    await pushImage(harbor, { repository: 'axion/worker-shop', tag: '1.0' });
    const listed = await services.json('harbor-artifacts', ['harbor-artifacts', 'api']);
    expect(listed.document.items.map((item) => item.digest)).toEqual([digest]);
    const scanned = await services.json('harbor-trigger-scan', ['harbor-trigger-scan', 'api', 'worker', '--wait']);
    expect(scanned.document.items).toMatchObject([
      { repository: 'axion/api-shop' },
      { repository: 'axion/worker-shop' },
    ]);
    const report = await services.json('harbor-scan', ['harbor-scan', 'api:1.0']);
    expect(report.document).toMatchObject({ repository: 'axion/api-shop', digest });
    const gate = await services.json('gate', ['gate', 'api', 'axion/worker-shop', 'api-shop']);
    expect(gate.document.images.map((image) => image.repository)).toEqual(['axion/api-shop', 'axion/worker-shop']);
    const untagged = await services.json('harbor-untag', ['harbor-untag', 'worker', '1.0']);
    expect(untagged.document.repository).toBe('axion/worker-shop');
    const deleted = await services.json('harbor-delete', ['harbor-delete', `api@${digest.slice(7, 19)}`, '--yes']);
    expect(deleted.document).toMatchObject({ repository: 'axion/api-shop', digest, deleted: true });
  });

  it('needs its full name in a command that changes something, where a repository has the same name', async () => {
    await using services = await createHarborProject({ host: harbor.host, login: harbor.admin, files });
    const ofService = await pushImage(harbor, { repository: 'axion/api-shop', tag: '1.0' });
    const other = await pushImage(harbor, { repository: 'axion/api', tag: '1.0' });
    const listed = await services.json('harbor-artifacts', ['harbor-artifacts', 'api:1.0']);
    expect(listed.document.items.map(({ digest }) => digest)).toEqual([ofService]);
    for (const command of [
      ['harbor-untag', 'api', '1.0'],
      ['harbor-delete', 'api', other, '--yes'],
    ]) {
      const { document } = await services.json('error', command, { code: 2 });
      expect(document.error).toMatchObject({
        code: 'USAGE',
        message: '"api" is a service of the package, whose repository is api-shop, and also a repository of axion',
        hint: 'Write the full name: axion/api-shop or axion/api',
      });
    }
    expect((await services.run(['harbor-untag', 'axion/api', '1.0'])).code).toBe(0);
    expect((await services.run(['harbor-untag', 'axion/api-shop', '1.0'])).code).toBe(0);
  });

  it('is not looked for without a Dockerfile', async () => {
    await using bare = await createHarborProject({
      host: harbor.host,
      login: harbor.admin,
      files: { Dockerfile: 'FROM' },
    });
    await pushImage(harbor, { repository: 'axion/plain', tag: '1.0' });
    expect((await bare.json('harbor-artifacts', ['harbor-artifacts', 'plain'])).document.total).toBe(1);
  });
});

describe('harbor-gc', () => {
  it('runs dry, frees deleted blobs, and lists its runs', async () => {
    const digest = await pushImage(harbor, {
      repository: 'axion/garbage',
      tag: '1.0',
      files: { big: 'x'.repeat(9_000) },
    });
    await project.run(['harbor-delete', 'garbage', digest, '--yes']);
    const dry = await project.json('harbor-gc', ['harbor-gc', '--dry-run', '--wait']);
    expect(dry.document).toMatchObject({ state: 'done', dryRun: true, deleteUntagged: false });
    const real = await project.json('harbor-gc', ['harbor-gc', '--log', '--workers', '2']);
    expect(real.document).toMatchObject({ state: 'done', dryRun: false, deleteUntagged: false });
    expect(real.document.freedBytes).toBeGreaterThan(0);
    expect(real.document.log).toMatch(/\n/);
    const { document: history } = await project.json('harbor-gc-history', ['harbor-gc', '--history']);
    expect(history.items.map(({ id }) => id)).toEqual([real.document.id, dry.document.id]);
    const told = await project.run(['harbor-gc', '--wait']);
    expect(told.stdout).toMatch(/gc run \d+: done, .*freed/);
  });

  it('prints on Ctrl-C that gc continues in Harbor', async () => {
    await harbor.setDelays({ gcTime: 3_600_000 });
    const { code, stderr } = await project.run(['harbor-gc', '--dry-run', '--wait'], { interruptAt: 'was started' });
    await harbor.setDelays({ gcTime: 50 });
    expect(code).toBe(130);
    expect(stderr).toMatch(/gc run \d+ continues in Harbor/);
  });

  it('requires --yes for untagged artifacts, and names the Harbor', async () => {
    const refused = await project.run(['harbor-gc', '--delete-untagged']);
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`all untagged artifacts of ${harbor.host}`),
    });
    const { document } = await project.json('harbor-gc', ['harbor-gc', '--delete-untagged', '--yes', '--wait']);
    expect(document).toMatchObject({ state: 'done', deleteUntagged: true });
  });

  it('rejects contradictory options', async () => {
    for (const workers of ['6', '0', 'many'])
      expect(await project.run(['harbor-gc', '--workers', workers])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('is not a number from 1 to 5'),
      });
    expect((await project.run(['harbor-gc', '--history', '--dry-run'])).code).toBe(2);
    await harbor.resetTraffic();
    for (const command of [['harbor-gc'], ['harbor-trigger-scan', 'again'], ['harbor-scan', 'again']]) {
      const { document } = await project.json('error', [...command, '--timeout', '9s'], { code: 2 });
      expect(document.error.message).toBe('--timeout needs --wait');
    }
    expect((await harbor.traffic()).requests).toBe(0);
  });
});

describe('invalid repository names', () => {
  it.each([
    ['an option', '-x'],
    ['a command', '$(id)'],
    ['a parent folder', 'a/../b'],
    ['two lines', 'a\nb'],
    ['upper case', 'A'],
    ['10,000 characters', 'x'.repeat(10_000)],
    ['another host', 'docker.io/axion/api'],
    ['a URL', 'https://example.com/x'],
  ])('are rejected before any request: %s', async (_what, name) => {
    await harbor.resetTraffic();
    const { document } = await project.json('error', ['harbor-artifacts', '--', name], { code: 2 });
    expect(document.error.code).toBe('REFERENCE_INVALID');
    expect((await harbor.traffic()).requests).toBe(0);
  });
});
