import { describe, expect, test } from 'vitest';
import { openTestHarbor, recordedHarbor } from '../../../test/harness/harbor-client.ts';
import { type RecordedRoutes, serve } from '../../../test/harness/registry-server.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import type { Harbor } from '../harbor.ts';

// Replays recorded responses of a real Harbor 2.15.2 that shows no scan: its scanner was down, or could not scan the artifact.

const PYTHON = 'sha256:587d63af597a297ebcae6d5a8a2a68a6f0ccf5d362981e0d0f810e537a4ca499';
const ARTIFACT = `/projects/axion/repositories/python/artifacts/${PYTHON}`;

/** A robot without the permission to read the scanner. */
const ROBOT = {
  'GET /users/current': '2.15/213-robot-users-current',
  'GET /projects/axion/scanner': '2.15/230-robot-project-scanner',
};
const DOWN = {
  ...ROBOT,
  [`GET ${ARTIFACT}`]: '2.15/813b-scanner-down-overview-of-scanned-robot',
  'GET /health': '2.15/810-scanner-down-health',
};

async function replay<T>(routes: RecordedRoutes, run: (harbor: Harbor) => Promise<T>): Promise<T> {
  await using server = await serve(recordedHarbor(routes));
  await using harbor = openTestHarbor(server.origin, { retry: { retries: 1 } });
  return await run(harbor);
}

const python = (harbor: Harbor) => harbor.project('axion').repository('python');

const read = (routes: RecordedRoutes): Promise<ScanReport> =>
  replay(routes, (harbor) => python(harbor).scanReport(PYTHON, { settleMs: 1 }));

describe('without an overview', () => {
  test('the report is read all the same, with its time and that the scanner is down now', async () => {
    const { state, images } = await read({
      ...DOWN,
      [`GET ${ARTIFACT}/additions/vulnerabilities`]: '2.15/812b-scanner-down-vulnerabilities-of-scanned-robot',
    });
    expect(state).toBe('findings');
    expect(images[0]).toMatchObject({
      finished: '2026-11-29T14:26:03.26418093Z',
      note: "Harbor's health shows that its scanner Trivy is down",
      counts: { critical: 4, high: 7 },
    });
    expect(images[0]).not.toHaveProperty('reason');
    expect(images[0]?.findings.find(({ id }) => id === 'CVE-2023-45853')).toMatchObject({ status: 'will_not_fix' });
  });

  test('a report that cannot be read while the scanner is down is not called "never scanned"', async () => {
    const { state, images } = await read({
      ...DOWN,
      [`GET ${ARTIFACT}/additions/vulnerabilities`]: '2.15/812-scanner-down-vulnerabilities',
    });
    expect(state).toBe('scanner-down');
    expect(images[0]?.reason).toBe(
      "Harbor has no readable report of it now: Harbor's health shows that its scanner Trivy is down",
    );
  });

  test('and without a report, an image was never scanned when the scanner is up', async () => {
    const { state, images } = await read({
      ...ROBOT,
      [`GET ${ARTIFACT}`]: '2.15/100-artifact-never-scanned',
      [`GET ${ARTIFACT}/additions/vulnerabilities`]: '2.15/101-vulnerabilities-never-scanned',
      'GET /health': '2.15/091-health-with-trivy',
    });
    expect(state).toBe('not-scanned');
    expect(images[0]?.reason).toBe('it was never scanned');
  });

  test('a report that Harbor 2.9 hides is not called "never scanned", though its health does not show why', async () => {
    const recorded = ARTIFACT.replace(
      PYTHON,
      'sha256:c4a4d62c318cc5e722109bf07fb602c307dd0ea40d544beb4ff4641c1ee3abb2',
    );
    const { state } = await read({
      ...ROBOT,
      [`GET ${ARTIFACT}`]: '813-scanner-down-overview',
      [`GET ${recorded}`]: '813-scanner-down-overview',
      [`GET ${recorded}/additions/vulnerabilities`]: '812-scanner-down-vulnerabilities',
      'GET /health': '810-scanner-down-health',
    });
    expect(state).toBe('scanner-down');
  });
});

test('an artifact that is no image is unsupported', async () => {
  const at = '/projects/axion/repositories/record/artifacts';
  const digest = 'sha256:b3c340c2813e3cb8c7b78b7473336f59b24c78905c236c8c4f8194104ee2e158';
  const routes = {
    [`GET ${at}/1.0`]: '2.15/150-other-artifact',
    [`GET ${at}/${digest}`]: '2.15/150-other-artifact',
    [`POST ${at}/1.0/scan`]: '2.15/151-other-artifact-scan',
    ...DOWN,
  };
  const { state, images } = await replay(routes, (harbor) =>
    harbor.project('axion').repository('record').scanReport('1.0'),
  );
  expect(state).toBe('unsupported');
  expect(images[0]?.reason).toBe('no scanner can scan it: it is no image, but of the type UNKNOWN');
  const start = replay(routes, (harbor) => harbor.project('axion').repository('record').startScan('1.0'));
  await expect(start).rejects.toMatchObject({ code: 'SCAN_UNSUPPORTED' });
});

test('a scan that a robot starts while the scanner is down fails with SCANNER_DOWN at once', async () => {
  const routes = { ...DOWN, [`POST ${ARTIFACT}/scan`]: '2.15/811c-scanner-down-scan-of-scanned-robot' };
  const start = replay(routes, (harbor) => python(harbor).startScan(PYTHON));
  await expect(start).rejects.toMatchObject({ code: 'SCANNER_DOWN', details: { recovering: false } });
});
