import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HarborProject, openHarbor } from '../../src/harbor/harbor.ts';
import { createHttpClient } from '../../src/lib/http/client.ts';
import { Secret } from '../../src/lib/secret.ts';
import { EarlierReports } from '../../src/pipeline/run/earlier-reports.ts';
import { startHarbor, type TestHarbor } from '../harness/harbor-server.ts';
import { pushImage } from '../sandbox/small-images.ts';

let harbor: TestHarbor;
let project: HarborProject;
const http = createHttpClient({ env: {} });
const REPOSITORY = 'axion/api-shop';

beforeAll(async () => {
  harbor = await startHarbor({ delays: { scanTime: 20 } });
  const { username, password } = harbor.admin;
  project = openHarbor({ url: harbor.url, http, login: { username, password: new Secret(password) } }).project('axion');
});

afterAll(async () => {
  await http.close();
  await harbor[Symbol.asyncDispose]();
});

async function readReports(digest: string, reference = `${harbor.host}/${REPOSITORY}:1.0`) {
  const images = [{ reference, repository: REPOSITORY }];
  const reports = new EarlierReports({ images, registry: { project }, signal: new AbortController().signal });
  await reports.read(new Map([[reference, digest]]));
  return reports.of(reference, digest);
}

test('reads the report of an image, and none of a missing image', async () => {
  const digest = await pushImage(harbor, { repository: REPOSITORY, tag: 'a' });
  const { images } = await project.repository('api-shop').scan(digest).result;
  expect(await readReports(digest)).toEqual(new Set([images[0]?.reportId]));
  expect(await readReports(`sha256:${'0'.repeat(64)}`)).toEqual(new Set());
});

test('does not treat a report as missing that Harbor hides while its scanner is down', async () => {
  const digest = await pushImage(harbor, { repository: REPOSITORY, tag: 'b' });
  await project.repository('api-shop').scan(digest).result;
  await harbor.setDown('trivy');
  // The report comes back with the scanner. Taken as the scan of a push, it would hide newer findings.
  expect(await readReports(digest)).toBeUndefined();
  await harbor.setDown();
});
