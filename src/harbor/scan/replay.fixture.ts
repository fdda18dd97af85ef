import { openTestHarbor, recordedHarbor } from '../../../test/harness/harbor-client.ts';
import { type RecordedRoutes, type Respond, serve } from '../../../test/harness/registry-server.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import type { Harbor } from '../harbor.ts';

// Replays recorded responses of a real Harbor 2.9.5 to requests about scans: single ones, and sequences.

export const PYTHON = 'sha256:c4a4d62c318cc5e722109bf07fb602c307dd0ea40d544beb4ff4641c1ee3abb2';
export const INDEX = 'sha256:4676c5cb057b6b7ebbef9be8e782f0fa155b9d87bbb785893368fc00718cd0a1';
export const AMD64 = 'sha256:3d99ea1bb92c1eebbef918ac0db4eba6d490542375a0a5559278c7aba37d3759';
export const ARM64 = 'sha256:f91f4f959a803c8d9cb4621c85c6884c4e40745e9bcb73a9cb31b2057c78fd48';

export const AXION = '/projects/axion';
export const REPOSITORY = `${AXION}/repositories/python`;
export const BY_TAG = `GET ${REPOSITORY}/artifacts/3.11`;
const ARTIFACT = `${REPOSITORY}/artifacts/${PYTHON}`;
export const OVERVIEW = `GET ${ARTIFACT}`;
export const FINDINGS = `GET ${ARTIFACT}/additions/vulnerabilities`;
export const SCAN = `POST ${ARTIFACT}/scan`;
export const SCANNER = `GET ${AXION}/scanner`;

export const PACE = { firstMs: 1, longestMs: 5, settleMs: 30 };

/** Runs `run` against recorded responses, which may differ from request to request. */
export async function replay<T>(respond: Respond, run: (harbor: Harbor) => Promise<T>): Promise<T> {
  await using server = await serve(respond);
  await using harbor = openTestHarbor(server.origin, { retry: { retries: 1 } });
  return await run(harbor);
}

export const python = (harbor: Harbor) => harbor.project('axion').repository('python');

/** One response after another; the last one is repeated. */
export function inTurn(...names: readonly string[]): () => string {
  let next = 0;
  return () => names[Math.min(next++, names.length - 1)] ?? '';
}

export const report = (routes: RecordedRoutes): Promise<ScanReport> =>
  replay(
    recordedHarbor({ [BY_TAG]: '066-artifact-by-tag', [SCANNER]: '092-project-scanner-trivy', ...routes }),
    (harbor) => python(harbor).scanReport('3.11', { settleMs: 1 }),
  );
