import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { serve } from '../harness/registry-server.ts';

const FINDINGS = 200_000;
const MOST_MEGABYTES = 200;

/** The program of the process under test. It uses the built library only. */
const PROGRAM = `
  const { openHarbor } = await import('./dist/harbor/harbor.js');
  const { createHttpClient } = await import('./dist/lib/http/client.js');
  const http = createHttpClient({ env: {} });
  const report = await openHarbor({ url: process.argv[1], http }).project('axion').repository('long').scanReport('1.0');
  await http.close();
  const { counts, fixable } = report.images[0];
  console.log(JSON.stringify({ state: report.state, counts, fixable, peak: process.resourceUsage().maxRSS / 1024 }));
`;

/** A finding of realistic size. Each of the 20,000 CVEs occurs in ten packages. */
function finding(index: number): object {
  const id = `CVE-2024-${100_000 + (index % 20_000)}`;
  const severities = ['Critical', 'High', 'Medium', 'Low', 'Negligible'];
  return {
    id,
    package: `linux-image-${index % 3_000}`,
    version: '6.1.0-1',
    fix_version: index % 2 === 0 ? '6.1.0-2' : '',
    severity: severities[index % 5],
    description: `In the Linux kernel the following vulnerability has been resolved, ${id}: ${'some words on it '.repeat(9)}`,
    links: [`https://avd.aquasec.com/nvd/${id.toLowerCase()}`],
    artifact_digests: [`sha256:${'0'.repeat(64)}`],
    preferred_cvss: { score_v3: 7.5, score_v2: null, vector_v3: '', vector_v2: '' },
    cwe_ids: ['CWE-416'],
    vendor_attributes: { CVSS: { nvd: { V3Score: 7.5, V3Vector: 'CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H' } } },
  };
}

test(`reads a report of ${FINDINGS} findings with less than ${MOST_MEGABYTES} MB of memory`, async () => {
  const type = 'application/vnd.security.vulnerability.report; version=1.1';
  const json = { 'content-type': 'application/json' };
  const artifact = {
    digest: `sha256:${'0'.repeat(64)}`,
    push_time: '2026-11-23T06:55:21.680Z',
    scan_overview: { [type]: { scan_status: 'Success', report_id: '1', summary: { total: FINDINGS } } },
  };
  const vulnerabilities = Array.from({ length: FINDINGS }, (_, index) => finding(index));
  const report = JSON.stringify({ [type]: { scanner: { name: 'Trivy' }, vulnerabilities } });
  expect(report.length).toBeGreaterThan(100_000_000);
  await using server = await serve(({ url }) => ({
    status: 200,
    headers: json,
    body: url.includes('/additions/') ? report : JSON.stringify(artifact),
  }));
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', PROGRAM, server.origin]);
  const { peak, ...result } = JSON.parse(stdout);
  const each = FINDINGS / 5;
  expect(result).toEqual({
    state: 'findings',
    counts: { critical: each, high: each, medium: each, low: each, negligible: each, unknown: 0 },
    fixable: FINDINGS / 2,
  });
  expect(peak).toBeLessThan(MOST_MEGABYTES);
});
