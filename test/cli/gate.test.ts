import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createHarborProject, type HarborTestProject } from '../harness/harbor-project.ts';
import { chosenVersion, startHarbor, type TestHarbor } from '../harness/harbor-server.ts';
import { objdockerInTerminal } from '../harness/terminal.ts';
import { pushImage, pushIndex } from '../sandbox/small-images.ts';

const vulnerability = (id: string, severity: string, { package: name = 'libbad', fix = '' } = {}) => ({
  id,
  package: name,
  version: '1.0',
  fix_version: fix,
  severity,
  description: 'bad',
  links: [],
  artifact_digests: [],
  preferred_cvss: { score_v3: null },
  cwe_ids: [''],
  vendor_attributes: null,
});

const CRITICAL = vulnerability('CVE-2026-0001', 'Critical', { fix: '1.1' });
const HIGH = vulnerability('CVE-2026-0002', 'High');
const UNRATED = vulnerability('CVE-2026-0003', 'Unknown', { package: 'libodd' });

let harbor: TestHarbor;
let project: HarborTestProject;

beforeAll(async () => {
  harbor = await startHarbor();
  project = await createHarborProject({ host: harbor.host, login: harbor.admin });
});

afterAll(async () => {
  await project[Symbol.asyncDispose]();
  await harbor[Symbol.asyncDispose]();
});

/** Writes `deployment.scan`. */
async function setPolicy(scan: object = {}): Promise<void> {
  const file = project.path('config.yaml');
  const config = JSON.parse(await readFile(file, 'utf8'));
  config.shop.deployment.scan = scan;
  await writeFile(file, JSON.stringify(config));
}

/** An image in a repository of its own, and its digest. */
async function pushed(name: string, tag = '1.0'): Promise<string> {
  return pushImage(harbor, { repository: `axion/${name}`, tag });
}

async function scanned(name: string, findings: readonly unknown[], tag = '1.0'): Promise<string> {
  const digest = await pushed(name, tag);
  await harbor.planScan(`axion/${name}`, tag, { findings });
  const { code, stderr } = await project.run(['harbor-trigger-scan', `${name}:${tag}`, '--wait']);
  expect(code, stderr).toBe(0);
  return digest;
}

async function pushedIndex(name: string): Promise<{ index: string; amd64: string; arm64: string }> {
  const [amd64, arm64] = await Promise.all(
    ['linux/amd64', 'linux/arm64'].map((platform) => pushImage(harbor, { repository: `axion/${name}`, platform })),
  );
  if (amd64 === undefined || arm64 === undefined) throw new Error('two images were pushed');
  const index = await pushIndex(harbor, `axion/${name}`, '1.0', [
    { platform: 'linux/amd64', digest: amd64 },
    { platform: 'linux/arm64', digest: arm64 },
  ]);
  return { index, amd64, arm64 };
}

describe('gate', () => {
  it('passes clean images, and findings below the threshold', async () => {
    await setPolicy();
    const clean = await scanned('clean', []);
    const high = await scanned('high', [HIGH, UNRATED]);
    const { document } = await project.json('gate', ['gate', 'clean', 'axion/high:1.0']);
    expect(document).toMatchObject({
      outcome: 'passed',
      policy: { failOn: 'critical', ignoreUnfixed: false, ignoreStatus: [], unknown: 'pass' },
      day: new Date().toISOString().slice(0, 10),
      images: [
        { repository: 'axion/clean', digest: clean, outcome: 'passed', unknownPassed: 0 },
        {
          repository: 'axion/high',
          digest: high,
          outcome: 'passed',
          platforms: [{ platform: 'linux/amd64', state: 'findings', counts: { high: 1, unknown: 1 } }],
          rejecting: [],
          unknownPassed: 1,
        },
      ],
    });
    const { code, stdout } = await project.run(['gate', 'clean', 'high']);
    expect(code).toBe(0);
    expect(stdout.split('\n')[0]).toBe('PASSED: all 2 images may be released');
    expect(stdout).toContain('passed by the policy: 1 finding of unknown severity');
  });

  it('evaluates an image once when it is named by repository, tag and digest', async () => {
    await setPolicy();
    const digest = await scanned('named', []);
    const { stdout } = await project.run(['gate', 'named', 'named:1.0', `named@${digest}`]);
    expect(stdout.split('\n')[0]).toBe('PASSED: the image may be released');
  });

  it('rejects an image, and prints the outcome before the findings', async () => {
    await setPolicy({ failOn: 'high' });
    // Harbor 2.9 reports no status, of which a setting could make use.
    const ignoring =
      chosenVersion() === '2.9' ? '' : '  ignoreStatus: [affected] would pass 1 of 2 findings; 1 would remain\n';
    const digest = await scanned('bad', [HIGH, CRITICAL, UNRATED]);
    const { code, stdout, stderr } = await project.run(['gate', 'bad', 'clean']);
    expect(code).toBe(1);
    expect(stdout.split('\n')).toEqual([
      'REJECTED: 1 of 2 images may not be released',
      expect.stringMatching(/^policy on 20\d\d-\d\d-\d\d: findings of high or worse reject, unknown severity passes$/),
      `✗ axion/bad:1.0 rejected  ${digest}`,
      expect.stringMatching(/^ {2}linux\/amd64: C 1 H 1 U 1, report of .* UTC$/),
      '  SEVERITY  ID             PACKAGE  VERSION  FIXED IN',
      '  critical  CVE-2026-0001  libbad   1.0      1.1',
      '  high      CVE-2026-0002  libbad   1.0      -',
      '  passed by the policy: 1 finding of unknown severity',
      expect.stringMatching(/^✓ axion\/clean:1\.0 passed {2}sha256:/),
      '  note: no findings, and Harbor has no SBOM that says whether the scanner found any packages in it',
      expect.stringMatching(/^ {2}linux\/amd64: clean, report of .* UTC$/),
      '',
    ]);
    expect(
      stderr.slice(stderr.indexOf('settings of')),
    ).toBe(`settings of deployment.scan that would change this verdict:
  ignoreUnfixed: true would pass 1 of 2 findings; 1 would remain
${ignoring}  failOn: critical would pass 1 of 2 findings; 1 would remain
  failOn: none would pass all 2 findings
  allow: with CVE-2026-0001 and CVE-2026-0002 would pass all 2 findings
`);
    await setPolicy({ failOn: 'critical', unknown: 'fail', ignoreUnfixed: true });
    const { document } = await project.json('gate', ['gate', `bad@${digest}`], { code: 1 });
    expect(document.images).toMatchObject([{ rejecting: [{ id: 'CVE-2026-0001' }], unfixedPassed: 1 }]);
  });

  it('appends a summary to the file of the GitHub job, or to that of --summary', async () => {
    await setPolicy({ failOn: 'critical' });
    await scanned('summed', [CRITICAL]);
    const job = project.path('job.md');
    const env = { GITHUB_STEP_SUMMARY: job };
    await writeFile(job, '# Before\n');
    expect(await project.run(['gate', 'summed'], { env })).toMatchObject({ code: 1 });
    expect((await readFile(job, 'utf8')).split('\n').slice(0, 5)).toEqual([
      '# Before',
      '### Gate: rejected (1 of 1 image)',
      '',
      '| Image | Verdict | Why | Digest |',
      '| --- | --- | --- | --- |',
    ]);
    expect(await project.run(['gate', 'summed', '--summary', 'own.md'], { env })).toMatchObject({ code: 1 });
    const own = await readFile(project.path('own.md'), 'utf8');
    expect(own).toContain('| axion/summed:1.0 | rejected | 1 critical | sha256:');
    expect(own).toContain('- failOn: none would pass the one finding');
    await scanned('lost', []);
    const lost = await project.run(['gate', 'lost', '--summary', 'no/such/folder.md']);
    expect(lost).toMatchObject({ code: 3, stderr: expect.stringContaining('cannot write the summary') });
    expect(lost.stdout).toContain('PASSED');
  });

  it('rejects with its exit code and JSON output when nobody reads its progress', async () => {
    await setPolicy();
    await scanned('unread', [CRITICAL]);
    const { document } = await project.json('gate', ['gate', 'unread', '--wait', '--verbose'], {
      code: 1,
      unread: { stderr: 'at-start' },
    });
    expect(document.outcome).toBe('rejected');
  });

  it('lists fifteen findings, and counts the others', async () => {
    await setPolicy();
    const many = Array.from({ length: 138 }, (_, at) => vulnerability(`CVE-2026-${at + 1000}`, 'Critical'));
    await scanned('many', many);
    const { stdout } = await project.run(['gate', 'many']);
    expect(stdout.match(/CVE-2026-1\d\d\d/g)).toHaveLength(15);
    expect(stdout).toContain('  and 123 more findings: objdocker harbor-scan axion/many:1.0\n');
    const { document } = await project.json('gate', ['gate', 'many'], { code: 1 });
    expect(document.images[0]?.rejecting).toHaveLength(138);
  });

  it('passes allowed findings until their last day', async () => {
    await scanned('accepted', [CRITICAL, HIGH]);
    const allow = [
      { id: 'cve-2026-0001', reason: 'not reachable from our code', until: '2999-12-31' },
      { id: 'CVE-2026-0002', reason: 'until the next release', until: '2026-01-31' },
      { id: 'CVE-1999-0001', reason: 'fixed long ago' },
    ];
    await setPolicy({ failOn: 'critical', allow });
    const passed = await project.run(['gate', 'accepted']);
    expect(passed.code).toBe(0);
    expect(passed.stdout).toContain(
      '  allowed: CVE-2026-0001 (critical, in libbad), until 2999-12-31: not reachable from our code\n',
    );
    expect(passed.stdout).toContain('allowed, but in no image: CVE-1999-0001\n');
    await setPolicy({ failOn: 'high', allow });
    const rejected = await project.run(['gate', 'accepted']);
    expect(rejected.code).toBe(1);
    expect(rejected.stdout).toContain(
      'expired: CVE-2026-0002 was allowed until 2026-01-31 (until the next release); it would have allowed 1 finding\n',
    );
  });

  it('evaluates an image once when it is named with and without project and host', async () => {
    await setPolicy();
    const { document } = await project.json('gate', ['gate', 'clean', 'axion/clean:1.0', `${harbor.host}/axion/clean`]);
    expect(document.images).toHaveLength(1);
  });
});

describe('gate without a scan result', () => {
  it('does not pass an image that was never scanned, and names the command that scans it', async () => {
    await setPolicy({ failOn: 'none' });
    await pushed('unscanned');
    const { code, stdout, stderr } = await project.run(['gate', 'unscanned']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^NOT SCANNED: no scan result for the image$/m);
    expect(stderr).toContain('Start a scan: objdocker harbor-trigger-scan axion/unscanned:1.0 --wait');
  });

  it('evaluates every platform of an index, and names those that were not scanned', async () => {
    await setPolicy();
    const { index, amd64, arm64 } = await pushedIndex('multi');
    await project.run(['harbor-trigger-scan', `multi@${amd64}`, '--wait']);
    const { document } = await project.json('gate', ['gate', 'multi'], { code: 1 });
    expect(document).toMatchObject({
      outcome: 'not-scanned',
      images: [
        {
          digest: index,
          reason: expect.stringMatching(/^linux\/arm64: /),
          platforms: [{ state: 'clean' }, { state: 'not-scanned' }],
        },
      ],
    });
    await harbor.planScan('axion/multi', arm64, { findings: [CRITICAL] });
    await project.run(['harbor-trigger-scan', `multi@${arm64}`, '--wait']);
    const { stdout } = await project.run(['gate', 'multi']);
    expect(stdout).toMatch(/^ {2}critical +CVE-2026-0001 +libbad +1\.0 +1\.1 +linux\/arm64$/m);
  });

  it('reports a failed scan', async () => {
    await setPolicy();
    await pushImage(harbor, {
      repository: 'axion/failing',
      tag: '1.0',
      labels: { 'objdocker.sandbox.scan': 'fail' },
    });
    await project.run(['harbor-trigger-scan', 'failing', '--wait']);
    const { code, stdout, stderr } = await project.run(['gate', 'clean', 'failing']);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^SCAN FAILED: the scan of 1 of 2 images failed$/m);
    expect(stderr).toContain('Scan the image again: objdocker harbor-trigger-scan axion/failing:1.0 --wait');
  });

  it('reports a scanner that is down', async () => {
    await setPolicy();
    await pushed('unread-one');
    await pushed('unread-two');
    await harbor.setDown('trivy');
    try {
      const { code, stdout, stderr } = await project.run(['gate', 'unread-one', 'unread-two']);
      expect(code).toBe(3);
      expect(stdout).toMatch(/^SCANNER DOWN: no scan result for 2 of 2 images$/m);
      expect(stderr.match(/objdocker registry/g)).toHaveLength(1);
    } finally {
      await harbor.setDown();
    }
  });

  it('waits for the scans of the images that the tags pointed to at the start', async () => {
    await setPolicy();
    const names = ['slow-one', 'slow-two', 'slow-three'];
    const digests: string[] = [];
    for (const name of names) {
      digests.push(await pushed(name));
      await harbor.planScans(`axion/${name}`, { holds: true });
      await harbor.api('POST', `projects/axion/repositories/${name}/artifacts/1.0/scan`);
    }
    const { stderr: now, code } = await project.run(['gate', ...names]);
    expect(code).toBe(1);
    expect(now).toContain('Wait for the scan: objdocker gate axion/slow-one:1.0 --wait');

    await harbor.resetTraffic();
    const waiting = project.json('gate', ['gate', ...names, '--wait']);
    await vi.waitFor(
      async () => {
        const { recent } = await harbor.traffic();
        for (const digest of digests) expect(recent.some(({ path }) => path.includes(digest))).toBe(true);
      },
      { timeout: 120_000, interval: 100 },
    );
    // Somebody moves a tag meanwhile, to what is not scanned.
    await pushed('slow-one');
    for (const name of names) await harbor.planScans(`axion/${name}`, { findings: [] });
    const { document, stderr } = await waiting;
    expect(document.outcome).toBe('passed');
    expect(document.images.map(({ digest }) => digest)).toEqual(digests);
    for (const name of names) expect(stderr).toContain(`${harbor.host}/axion/${name}:1.0 linux/amd64: running`);
  });

  it('times out, and names the command that waits longer', async () => {
    await setPolicy({ timeout: '5s' });
    const { arm64, amd64 } = await pushedIndex('endless');
    await harbor.planScan('axion/endless', amd64, { findings: [CRITICAL] });
    await project.run(['harbor-trigger-scan', `endless@${amd64}`, '--wait']);
    await harbor.planScans('axion/endless', { platform: 'linux/arm64', holds: true });
    await harbor.api('POST', `projects/axion/repositories/endless/artifacts/${arm64}/scan`);
    const { document, stderr } = await project.json('gate', ['gate', 'endless', 'clean', '--wait'], { code: 3 });
    expect(document).toMatchObject({
      outcome: 'timed-out',
      images: [
        {
          outcome: 'timed-out',
          reason: expect.stringContaining('within 5 s'),
          platforms: [{ state: 'findings' }, { platform: 'linux/arm64', state: 'timed-out' }],
          rejecting: [{ id: 'CVE-2026-0001', platforms: ['linux/amd64'] }],
        },
        { outcome: 'passed' },
      ],
    });
    expect(stderr).toContain('Wait longer: objdocker gate axion/endless:1.0 --wait --timeout 30m');
    // The command's own --timeout counts more than the config's.
    const started = performance.now();
    const { document: patient } = await project.json('gate', ['gate', 'endless', '--wait', '--timeout', '2500ms'], {
      code: 3,
    });
    expect(patient.images[0]?.reason).toContain('within 2.5 s');
    expect(performance.now() - started).toBeGreaterThan(2_500);
  });
});

describe('gate on an old report', () => {
  const DAY = 86_400_000;

  /** An image that was scanned so long ago. */
  async function scannedBefore(name: string, ageMs: number, findings: readonly unknown[] = []): Promise<string> {
    await harbor.setDelays({ clockSkew: -ageMs });
    try {
      return await scanned(name, findings);
    } finally {
      await harbor.setDelays({ clockSkew: 0 });
    }
  }

  it('does not pass it, names its time, and --rescan renews it', async () => {
    await setPolicy();
    await scannedBefore('aged', 2 * DAY);
    await scanned('fresh', []);
    const { document, stderr } = await project.json('gate', ['gate', 'aged', 'fresh'], { code: 3 });
    expect(document).toMatchObject({
      outcome: 'report-too-old',
      database: expect.stringMatching(/^\d{4}-/),
      images: [
        {
          outcome: 'report-too-old',
          reason: expect.stringMatching(
            /^its report of \d{4}-\d\d-\d\d \d\d:\d\d UTC is older than 1 day \(deployment\.scan\.maxAge\)$/,
          ),
          platforms: [{ state: 'clean', finished: expect.any(String) }],
        },
        { outcome: 'passed', platforms: [{ finished: expect.any(String) }] },
      ],
    });
    expect(stderr).toContain('Scan it again: objdocker gate axion/aged:1.0 --rescan');
    const { code, stdout } = await project.run(['gate', 'aged', 'fresh', '--rescan']);
    expect(code, stdout).toBe(0);
    expect(stdout).toMatch(/linux\/amd64: clean, report of \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
  });

  it('finds what is known since', async () => {
    await setPolicy();
    await scannedBefore('worse', 2 * DAY);
    await harbor.planScan('axion/worse', '1.0', { findings: [CRITICAL] });
    const { document } = await project.json('gate', ['gate', 'worse', '--rescan'], { code: 1 });
    expect(document.outcome).toBe('rejected');
  });

  it('allows another age', async () => {
    await setPolicy({ maxAge: '3d' });
    await scannedBefore('aged-three', 2 * DAY);
    expect((await project.run(['gate', 'aged-three'])).code).toBe(0);
    await setPolicy();
  });

  it('is measured by the clock of Harbor', async () => {
    await setPolicy();
    await harbor.setDelays({ clockSkew: -5 * DAY });
    try {
      await scanned('other-clock', []);
      expect((await project.run(['gate', 'other-clock'])).code).toBe(0);
    } finally {
      await harbor.setDelays({ clockSkew: 0 });
    }
  });

  it('where images without a report cannot be pulled, renews one that passes on request only', async () => {
    await setPolicy();
    await scannedBefore('in-use', 2 * DAY);
    await scannedBefore('with-findings', 2 * DAY, [HIGH]);
    const metadata = (value: string) =>
      harbor.api('PUT', 'projects/axion', { body: { metadata: { prevent_vul: value, severity: 'critical' } } });
    await metadata('true');
    try {
      const { document } = await project.json('gate', ['gate', 'in-use', 'with-findings', '--rescan'], { code: 3 });
      expect(document.images).toMatchObject([
        { outcome: 'report-too-old', reason: expect.stringContaining('--rescan=force') },
        { outcome: 'passed' },
      ]);
      expect((await project.run(['gate', 'in-use', '--rescan=force'])).code).toBe(0);
    } finally {
      await metadata('false');
    }
  });

  it('warns of an old vulnerability database', async () => {
    await setPolicy();
    await scanned('known', []);
    await harbor.setDelays({ databaseAge: 4.5 * DAY });
    try {
      const { code, stderr } = await project.run(['gate', 'known']);
      expect([code, stderr]).toEqual([
        0,
        expect.stringContaining("the scanner's vulnerability database is 4 days old"),
      ]);
    } finally {
      await harbor.setDelays({ databaseAge: 3_600_000 });
    }
  });
});

describe('gate with wrong names or credentials', () => {
  it('names a missing repository, tag or digest', async () => {
    await setPolicy();
    for (const [args, code, named] of [
      [['clean', 'cleen'], 'REPOSITORY_NOT_FOUND', 'cleen'],
      [['clean', 'bad:9.9'], 'TAG_NOT_FOUND', '9.9'],
      [[`clean@sha256:${'0'.repeat(64)}`], 'ARTIFACT_NOT_FOUND', 'sha256:000'],
    ] as const) {
      const { document } = await project.json('error', ['gate', ...args], { code: 1 });
      expect(document.error).toMatchObject({ code, message: expect.stringContaining(named) });
    }
  });

  it('rejects no name, and a name of another registry', async () => {
    expect((await project.run(['gate'])).code).toBe(2);
    const { document } = await project.json('error', ['gate', 'other.example.com/axion/clean'], { code: 2 });
    expect(document.error.code).toBe('REFERENCE_INVALID');
    expect((await project.json('error', ['gate', 'clean', '--timeout', '5s'], { code: 2 })).document.error.code).toBe(
      'USAGE',
    );
  });

  it('reports a wrong password without printing it', async () => {
    const file = project.path('config.yaml');
    const right = await readFile(file, 'utf8');
    await writeFile(file, right.replaceAll(harbor.admin.password, 'wrong-password'));
    try {
      const { code, stdout, stderr } = await project.run(['gate', 'clean', '--verbose']);
      expect(code).toBe(4);
      expect(stdout + stderr).not.toContain('wrong-password');
    } finally {
      await writeFile(file, right);
    }
  });
});

describe('text from a scanner', () => {
  it('is printed with its control characters escaped', async () => {
    await setPolicy();
    await scanned('hostile', [
      { ...vulnerability('\u001b[2JCVE-1', 'Critical', { fix: '\u202e1.1' }), version: '1.0\r::error::x' },
      vulnerability('CVE-2', 'Critical', { package: 'lib\n::set-output name=x::y' }),
    ]);
    const { stdout } = await project.run(['gate', 'hostile']);
    expect(stdout).not.toMatch(/[\u001b\r\u202e]/);
    expect(stdout).not.toMatch(/^::/m);
    expect(stdout).toContain('\\e[2JCVE-1');
    expect(stdout).toContain('lib\\n: :set-output');
  });
});

describe('on a terminal', () => {
  it.each([80, 120])('fits %i columns, in color unless NO_COLOR is set', async (columns) => {
    await setPolicy({
      failOn: 'low',
      allow: [
        { id: 'CVE-2026-0002', reason: 'a reason that takes more than one line of a terminal to be told in full' },
      ],
    });
    await scanned(`wide-${columns}`, [
      { ...CRITICAL, package: 'a-package-with-a-name-that-is-quite-long-indeed', version: '1:2.36-9+deb12u10~bpo12+1' },
      HIGH,
    ]);
    const { screen, ended } = objdockerInTerminal(['gate', `wide-${columns}`, 'clean'], {
      cwd: project.directory,
      columns,
      env: { NO_COLOR: undefined },
    });
    expect(await ended).toBe(1);
    expect(screen.lines[0]).toBe('REJECTED: 1 of 2 images may not be released');
    expect(screen.written).toContain('\u001b[31m');
    // A line that is too long would go on at the left edge of the next.
    expect(screen.lines.filter((line) => !/^(REJECTED|policy|settings of|[✓✗] | )/.test(line))).toEqual([]);
    expect(screen.text).toContain('CVE-2026-0001');
    const plain = objdockerInTerminal(['gate', `wide-${columns}`], {
      cwd: project.directory,
      columns,
      env: { NO_COLOR: '1' },
    });
    expect(await plain.ended).toBe(1);
    expect(plain.screen.written).not.toContain('\u001b[3');
  });
});
