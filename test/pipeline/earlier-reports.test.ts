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
  harbor = await startHarbor({ pace: { scanTime: 20 } });
  const { username, password } = harbor.admin;
  project = openHarbor({ url: harbor.url, http, login: { username, password: new Secret(password) } }).project('axion');
});

afterAll(async () => {
  await http.close();
  await harbor[Symbol.asyncDispose]();
});

async function knownOf(digest: string, reference = `${harbor.host}/${REPOSITORY}:1.0`) {
  const images = [{ reference, repository: REPOSITORY }];
  const known = new EarlierReports({ images, registry: { project }, signal: new AbortController().signal });
  await known.read(new Map([[reference, digest]]));
  return known.of(reference, digest);
}

test('the report of an image is known beforehand, and of one that is not there that it has none', async () => {
  const digest = await pushImage(harbor, { repository: REPOSITORY, tag: 'a' });
  const { images } = await project.repository('api-shop').scan(digest).result;
  expect(await knownOf(digest)).toEqual(new Set([images[0]?.reportId]));
  expect(await knownOf(`sha256:${'0'.repeat(64)}`)).toEqual(new Set());
});

test('a report that Harbor hides while its scanner is down is not one that there is not', async () => {
  const digest = await pushImage(harbor, { repository: REPOSITORY, tag: 'b' });
  await project.repository('api-shop').scan(digest).result;
  await harbor.breakDown('trivy');
  // It comes back with the scanner: taken for the answer to a push, it would pass what was found since.
  expect(await knownOf(digest)).toBeUndefined();
  await harbor.breakDown();
});
