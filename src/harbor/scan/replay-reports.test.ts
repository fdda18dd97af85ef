import { describe, expect, test } from 'vitest';
import { openTestHarbor, recordedHarbor } from '../../../test/harness/harbor-client.ts';
import { type RecordedRoutes, type Respond, serve, type TestResponse } from '../../../test/harness/registry-server.ts';
import {
  AMD64,
  ARM64,
  AXION,
  BY_TAG,
  FINDINGS,
  INDEX,
  inTurn,
  OVERVIEW,
  PYTHON,
  python,
  replay,
  report,
  SCANNER,
} from './replay.fixture.ts';

describe('a report', () => {
  test('lists the findings, worst first', async () => {
    const { images, ...rest } = await report({
      [OVERVIEW]: '106-overview-state-3-Success',
      [FINDINGS]: '108-vulnerabilities',
    });
    expect(rest).toEqual({ repository: 'axion/python', tags: ['3.11'], digest: PYTHON, state: 'findings' });
    expect(images).toHaveLength(1);
    const [{ findings = [], ...image } = {}] = images;
    expect(image).toEqual({
      platform: 'linux/amd64',
      digest: PYTHON,
      state: 'findings',
      scanner: { name: 'Trivy', vendor: 'Aqua Security', version: 'v0.52.2' },
      reportId: '1498ca2b-420c-454b-80d7-c554b0b720d6',
      finished: '2026-11-23T06:57:20.000Z',
      counts: { critical: 5, high: 11, medium: 12, low: 7, negligible: 2, unknown: 3 },
      fixable: 27,
    });
    expect(findings).toHaveLength(40);
    const order = findings.map(({ severity }) => severity);
    expect(order).toEqual([
      ...Array(5).fill('critical'),
      ...Array(11).fill('high'),
      ...Array(12).fill('medium'),
      ...Array(7).fill('low'),
      ...Array(2).fill('negligible'),
      ...Array(3).fill('unknown'),
    ]);
    const critical = findings.slice(0, 5).map((finding) => finding.package);
    expect(critical).toEqual([...critical].sort());
    expect(findings.find(({ id }) => id === 'CVE-2024-3094')).toEqual({
      id: 'CVE-2024-3094',
      severity: 'critical',
      package: 'liblzma5',
      version: '5.6.0-0.2',
      fixVersion: '5.6.1+really5.4.5-1',
      description: expect.stringContaining('Malicious code was discovered'),
      links: ['https://avd.aquasec.com/nvd/cve-2024-3094'],
      score: 10,
      cwes: ['CWE-506'],
    });
    // No fix, no score, no CWE but an empty one, no vendor attributes.
    expect(findings.find(({ id }) => id === 'CVE-2005-2541')).toEqual(
      expect.objectContaining({ cwes: [], links: [expect.any(String)] }),
    );
    expect(findings.find(({ id }) => id === 'CVE-2005-2541')).not.toHaveProperty('fixVersion');
    expect(findings.find(({ id }) => id === 'CVE-2007-5686')).not.toHaveProperty('score');
  });

  test('is clean for a severity of "None" in the overview and "Unknown" in the report', async () => {
    const clean = await report({ [OVERVIEW]: '131-clean-overview', [FINDINGS]: '132-clean-vulnerabilities' });
    expect(clean).toMatchObject({ state: 'clean', images: [{ state: 'clean', findings: [], fixable: 0 }] });
  });

  test.each([
    ['never scanned', '067-artifact-by-digest', '092-project-scanner-trivy', 'not-scanned', 'never scanned'],
    ['no scanner', '067-artifact-by-digest', '074-project-scanner-none', 'scanner-down', 'axion has no scanner'],
    [
      'scanner down',
      '813-scanner-down-overview',
      '814-scanner-down-project-scanner',
      'scanner-down',
      'Trivy does not respond',
    ],
    ['waiting', '106-overview-state-1-Pending', '092-project-scanner-trivy', 'running', undefined],
    ['running', '106-overview-state-2-Running', '092-project-scanner-trivy', 'running', undefined],
    ['failed', '134-fail-overview', '092-project-scanner-trivy', 'failed', '0d2684e0-b145-4a31-9090-775a3c55afb7'],
    ['stopped', '118-overview-after-stop', '092-project-scanner-trivy', 'failed', 'stopped'],
    [
      'hidden by the next scan',
      '149-rescan-overview-during-after-success',
      '092-project-scanner-trivy',
      'running',
      undefined,
    ],
  ])('%s', async (_name, overview, scanner, state, reason) => {
    const scan = await report({
      [OVERVIEW]: overview,
      [SCANNER]: scanner,
      [FINDINGS]: '149b-rescan-vulnerabilities-during',
    });
    expect(scan).toMatchObject({ state, images: [{ state, findings: [] }] });
    if (reason === undefined) expect(scan.images[0]).not.toHaveProperty('reason');
    else expect(scan.images[0]?.reason).toContain(reason);
  });

  test('names a disabled scanner', async () => {
    const disabled = '{"name":"Extra","disabled":true,"health":"healthy"}';
    const routes = recordedHarbor({ [BY_TAG]: '066-artifact-by-tag', [OVERVIEW]: '754-overview-scanner-disabled' });
    const respond: Respond = (request, origin): TestResponse | Promise<TestResponse> =>
      request.url.endsWith('/scanner')
        ? { status: 200, headers: { 'content-type': 'application/json' }, body: disabled }
        : routes(request, origin);
    const scan = await replay(respond, (harbor) => python(harbor).scanReport('3.11'));
    expect(scan).toMatchObject({
      state: 'scanner-down',
      images: [{ reason: expect.stringContaining('the scanner Extra is disabled') }],
    });
  });

  test('ignores a temporary Error', async () => {
    const overview = inTurn('134-fail-overview', '106-overview-state-2-Running');
    expect(await report({ [OVERVIEW]: overview })).toMatchObject({ state: 'running' });
  });

  test('is failed, not clean, when Harbor responds with {}', async () => {
    const empty = { [OVERVIEW]: '131-clean-overview', [FINDINGS]: '111-vulnerabilities-accept-v1.0-only' };
    expect(await report(empty)).toMatchObject({
      state: 'failed',
      images: [{ reason: expect.stringContaining('no readable report') }],
    });
    const overtaken = { ...empty, [OVERVIEW]: inTurn('131-clean-overview', '144-rescan-overview-during') };
    expect(await report(overtaken)).toMatchObject({ state: 'running' });
    const gone = {
      ...empty,
      [FINDINGS]: '812-scanner-down-vulnerabilities',
      [SCANNER]: '814-scanner-down-project-scanner',
    };
    expect(await report(gone)).toMatchObject({ state: 'scanner-down' });
  });

  test('is failed, not clean, when it lacks findings that its summary counts', async () => {
    const lacking = { [OVERVIEW]: '106-overview-state-3-Success', [FINDINGS]: '132-clean-vulnerabilities' };
    expect(await report(lacking)).toMatchObject({
      state: 'failed',
      images: [{ reason: expect.stringContaining('no readable report') }],
    });
    const catchingUp = inTurn('132-clean-vulnerabilities', '108-vulnerabilities');
    expect(await report({ ...lacking, [FINDINGS]: catchingUp })).toMatchObject({ state: 'findings' });
  });

  test('is requested in the supported media types', async () => {
    const routes = {
      [BY_TAG]: '066-artifact-by-tag',
      [OVERVIEW]: '131-clean-overview',
      [FINDINGS]: '132-clean-vulnerabilities',
    };
    await using server = await serve(recordedHarbor(routes));
    await using harbor = openTestHarbor(server.origin);
    await python(harbor).scanReport('3.11');
    const request = server.seen.find(({ url }) => url.includes('vulnerabilities'));
    expect(request?.headers['x-accept-vulnerabilities']).toBe(
      'application/vnd.security.vulnerability.report; version=1.1, application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0',
    );
  });

  test('throws REGISTRY_FORBIDDEN without the permission to read it', async () => {
    const routes = { [OVERVIEW]: '131-clean-overview', [FINDINGS]: '218-robot-vulnerabilities-forbidden' };
    await expect(report(routes)).rejects.toMatchObject({
      code: 'REGISTRY_FORBIDDEN',
      message: expect.stringContaining('cannot read the findings of axion/python@sha256:'),
    });
  });
});

describe('a streamed report', () => {
  const whole =
    '{"application/vnd.security.vulnerability.report; version=1.1":{"vulnerabilities":[{"id":"CVE-1"},{"id":"CVE-2"}]}}';
  const read = (...bodies: readonly string[]) => {
    const routes = recordedHarbor({ [BY_TAG]: '066-artifact-by-tag', [OVERVIEW]: '106-overview-state-3-Success' });
    let next = 0;
    const respond: Respond = (request, origin) =>
      request.url.endsWith('/vulnerabilities')
        ? { status: 200, headers: { 'content-type': 'application/json' }, body: bodies[next++] ?? '' }
        : routes(request, origin);
    return replay(respond, async (harbor) => (await python(harbor).scanReport('3.11')).images[0]?.findings);
  };

  test('is requested again when it is truncated, without duplicate findings', async () => {
    const findings = await read(whole.slice(0, -20), whole);
    expect(findings?.map(({ id }) => id)).toEqual(['CVE-1', 'CVE-2']);
    expect(findings?.[0]).toEqual({
      id: 'CVE-1',
      severity: 'unknown',
      package: '',
      version: '',
      description: '',
      links: [],
      cwes: [],
    });
    await expect(read(whole.slice(0, -20), whole.slice(0, -2))).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('was truncated'),
    });
  });

  test('is read in the newer of two media types', async () => {
    const both = {
      'application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0': { vulnerabilities: [{ id: 'CVE-OLD' }] },
      other: { vulnerabilities: null },
      ...JSON.parse(whole),
    };
    expect((await read(JSON.stringify(both)))?.map(({ id }) => id)).toEqual(['CVE-1', 'CVE-2']);
  });

  test('throws when it contains something other than findings', async () => {
    await expect(read(whole.replace('"id":"CVE-2"', '"name":"CVE-2"'))).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringMatching(/lacks `.*vulnerabilities\.id`/),
    });
    await expect(read('{"x":[]}')).rejects.toMatchObject({ code: 'REGISTRY_ERROR' });
  });
});

describe('an index', () => {
  const at = `${AXION}/repositories/svc-0001/artifacts`;
  const routes = {
    [`GET ${at}/multi`]: '141-index-overview',
    [`GET ${at}/${AMD64}`]: '131-clean-overview',
    [`GET ${at}/${AMD64}/additions/vulnerabilities`]: '132-clean-vulnerabilities',
    [SCANNER]: '092-project-scanner-trivy',
  };
  const read = (more: RecordedRoutes) =>
    replay(recordedHarbor({ ...routes, ...more }), (harbor) =>
      harbor.project('axion').repository('svc-0001').scanReport('multi', { settleMs: 1 }),
    );

  test('combines its platforms, and ignores its own overview', async () => {
    const unscanned = await read({
      [`GET ${at}/${ARM64}`]: '067-artifact-by-digest',
      [`GET ${at}/${ARM64}/additions/vulnerabilities`]: '101-vulnerabilities-never-scanned',
    });
    expect(unscanned).toMatchObject({ digest: INDEX, tags: ['multi'], state: 'not-scanned' });
    expect(unscanned.images.map(({ platform, digest, state }) => ({ platform, digest, state }))).toEqual([
      { platform: 'linux/amd64', digest: AMD64, state: 'clean' },
      { platform: 'linux/arm64', digest: ARM64, state: 'not-scanned' },
    ]);
    expect(await read({ [`GET ${at}/${ARM64}`]: '134-fail-overview' })).toMatchObject({ state: 'failed' });
    const vulnerable = {
      [`GET ${at}/${ARM64}`]: '106-overview-state-3-Success',
      [`GET ${at}/${ARM64}/additions/vulnerabilities`]: '147-vulnerabilities',
    };
    expect(await read(vulnerable)).toMatchObject({ state: 'findings' });
  });
});
