import { execFileSync } from 'node:child_process';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHarbor, type TestHarbor } from '../harness/harbor-server.ts';
import { makeTlsFiles } from '../harness/tls-certificates.ts';
import { digestOf, pushBlob, pushImage, pushIndex, pushManifest } from './small-images.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const RECORD = 'application/vnd.example.record.v1+json';
const EMPTY = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(Buffer.from('{}')), size: 2 };

const artifactPath = (repository: string, reference: string) =>
  `projects/axion/repositories/${repository}/artifacts/${reference}`;

async function readJson<T>(harbor: TestHarbor, path: string): Promise<T> {
  return (await (await harbor.api('GET', path)).json()) as T;
}

/** Pushes an artifact that names an image as its subject. */
async function pushRecord(harbor: TestHarbor, repository: string, subject: string): Promise<string> {
  await pushBlob(harbor, repository, Buffer.from('{}'));
  return await pushManifest(harbor, repository, undefined, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    artifactType: RECORD,
    config: EMPTY,
    layers: [EMPTY],
    subject: { mediaType: MANIFEST, digest: subject, size: 100 },
  });
}

describe('Harbor 2.15 of the sandbox', () => {
  let harbor: TestHarbor;
  beforeAll(async () => {
    harbor = await startHarbor({ delays: { scanTime: 50 } });
  });
  afterAll(() => harbor[Symbol.asyncDispose]());

  it('generates an SBOM as an accessory that can be pulled', async () => {
    await pushImage(harbor, { repository: 'axion/sbom', tag: '1' });
    const scan = { body: { scan_type: 'sbom' } };
    expect((await harbor.api('POST', `${artifactPath('sbom', '1')}/scan`, scan)).status).toBe(202);
    const digest = await sbomOf(harbor, 'sbom', '1');
    const sbom = await readJson<{ spdxVersion: string }>(harbor, `${artifactPath('sbom', digest)}/additions/sbom`);
    expect(sbom.spdxVersion).toBe('SPDX-2.3');
    const pulled = await harbor.api('GET', `/v2/axion/sbom/manifests/${digest}`, { headers: { Accept: MANIFEST } });
    expect(digestOf(Buffer.from(await pulled.arrayBuffer()))).toBe(digest);
    // A second one replaces the first.
    await harbor.api('POST', `${artifactPath('sbom', '1')}/scan`, scan);
    await expect.poll(() => sbomOf(harbor, 'sbom', '1')).not.toBe(digest);
    const accessories = await readJson<unknown[]>(harbor, `${artifactPath('sbom', '1')}/accessories`);
    expect(accessories).toEqual([expect.objectContaining({ type: 'sbom.harbor' })]);
  });

  it('generates an SBOM of each push when the project wants it', async () => {
    const set = (value: string) =>
      harbor.api('PUT', 'projects/axion', { body: { metadata: { auto_sbom_generation: value } } });
    await set('true');
    await pushImage(harbor, { repository: 'axion/auto', tag: '1' });
    expect(await sbomOf(harbor, 'auto', '1')).toMatch(/^sha256:/);
    await set('false');
  });

  it('lists the newest artifact of each repository, also when it is an untagged platform', async () => {
    const repository = 'newest/index';
    await harbor.api('POST', 'projects', { body: { project_name: 'newest' } });
    await pushImage(harbor, { repository: 'newest/plain', tag: '1' });
    const last = await pushImage(harbor, { repository: 'newest/plain', tag: '2' });
    const child = await pushImage(harbor, { repository, platform: 'linux/amd64' });
    const index = await pushIndex(harbor, repository, '1', [{ digest: child, platform: 'linux/amd64' }]);
    const newest = async (type: string) => {
      const q = encodeURIComponent(`media_type=application/vnd.oci.image.${type}.v1%2Bjson`);
      const path = `projects/newest/artifacts?latest_in_repository=true&q=${q}`;
      return (await readJson<{ digest: string }[]>(harbor, path)).map(({ digest }) => digest).toSorted();
    };
    expect(await newest('config')).toEqual([last, child].toSorted());
    expect(await newest('index')).toEqual([index]);
  });

  it('lists the referrers of an artifact by the type of their manifest', async () => {
    const image = await pushImage(harbor, { repository: 'axion/referred', tag: '1' });
    const path = `/v2/axion/referred/referrers/${image}`;
    expect(await readJson(harbor, path)).toMatchObject({ manifests: [] });
    const digest = await pushRecord(harbor, 'axion/referred', image);
    expect(await readJson(harbor, path)).toMatchObject({ manifests: [{ digest, artifactType: RECORD }] });
    expect(await readJson(harbor, `${path}?artifactType=other`)).toMatchObject({ manifests: [] });
  });

  it('keeps reports readable while the scanner is down, which /health shows after a lag', async () => {
    await pushImage(harbor, { repository: 'axion/down', tag: '1' });
    await harbor.planScan('axion/down', '1', { findings: 3 });
    await harbor.api('POST', `${artifactPath('down', '1')}/scan`);
    const report = () => harbor.api('GET', `${artifactPath('down', '1')}/additions/vulnerabilities`);
    await expect.poll(async () => (await (await report()).text()).length).toBeGreaterThan(10);
    const health = async () => (await readJson<{ status: string }>(harbor, 'health')).status;
    await harbor.setDelays({ healthLag: 100 });
    await harbor.setDown('trivy');
    expect((await (await report()).text()).match(/"status":"(fixed|affected)"/g)).toHaveLength(3);
    const { scan_overview } = await readJson<{ scan_overview?: object }>(
      harbor,
      `${artifactPath('down', '1')}?with_scan_overview=true`,
    );
    expect(scan_overview).toBeUndefined();
    await expect.poll(health).toBe('unhealthy');
    await harbor.setDelays({ healthLag: 0 });
    await harbor.setDown();
    expect(await health()).toBe('healthy');
  });

  it('lists the permissions of an account in a project, by its number only', async () => {
    const { project_id } = await readJson<{ project_id: number }>(harbor, 'projects/axion');
    const of = async (scope: string) =>
      (await (await harbor.api('GET', `users/current/permissions?scope=${scope}`, { as: harbor.robot })).json()) as [];
    expect(await of(`/project/${project_id}`)).toContainEqual({
      action: 'push',
      resource: `/project/${project_id}/repository`,
    });
    expect(await of('/project/axion')).toEqual([]);
  });
});

describe('a session of a user', () => {
  it('costs one check of the password, and needs the CSRF token for each write', async () => {
    await using harbor = await startHarbor();
    const form = new URLSearchParams({ principal: 'admin', password: harbor.admin.password }).toString();
    const post = (headers: Record<string, string>) =>
      harbor.api('POST', '/c/login', {
        as: 'anonymous',
        body: form,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
      });
    const refused = await post({});
    expect(refused.status).toBe(403);
    const token = { 'X-Harbor-Csrf-Token': refused.headers.get('x-harbor-csrf-token') ?? '' };
    const csrf = cookie(refused);
    const accepted = await post({ ...token, Cookie: csrf });
    expect(accepted.status).toBe(200);
    const Cookie = `${csrf}; ${cookie(accepted)}`;
    const read = () => harbor.api('GET', 'users/current', { as: 'anonymous', headers: { Cookie } });
    expect(await (await read()).json()).toMatchObject({ username: 'admin' });
    const create = (headers: Record<string, string>) =>
      harbor.api('POST', 'projects', {
        as: 'anonymous',
        body: { project_name: 'made' },
        headers: { Cookie, ...headers },
      });
    expect((await create({})).status).toBe(403);
    expect((await create(token)).status).toBe(201);
    expect(await harbor.traffic()).toMatchObject({ passwords: 1, sessions: 1 });
    await harbor.api('GET', '/c/log_out', { as: 'anonymous', headers: { Cookie } });
    expect((await read()).status).toBe(401);
  });

  it('is not for robots, and over TLS needs a Referer', async () => {
    const tls = makeTlsFiles();
    await using harbor = await startHarbor({ tls, delays: { loginDelay: 1 } });
    expect(await postOverTls(`${harbor.url}/c/login`, tls.ca)).toContain('referer not supplied');
    await using plain = await startHarbor({ delays: { loginDelay: 1 } });
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const refused = await plain.api('POST', '/c/login', { as: 'anonymous', body: '', headers });
    const body = new URLSearchParams({ principal: plain.robot.username, password: plain.robot.password }).toString();
    const token = { 'X-Harbor-Csrf-Token': refused.headers.get('x-harbor-csrf-token') ?? '', Cookie: cookie(refused) };
    const response = await plain.api('POST', '/c/login', { as: 'anonymous', body, headers: { ...headers, ...token } });
    expect(response.status).toBe(401);
  });
});

describe('Harbor 2.9 of the sandbox', () => {
  it('lists the type of the config of a referrer, and has no SBOM and no list of newest artifacts', async () => {
    await using harbor = await startHarbor({ version: '2.9' });
    const image = await pushImage(harbor, { repository: 'axion/referred', tag: '1' });
    const path = `/v2/axion/referred/referrers/${image}`;
    expect(await readJson(harbor, path)).toEqual({});
    const digest = await pushRecord(harbor, 'axion/referred', image);
    expect(await readJson(harbor, path)).toMatchObject({ manifests: [{ digest, artifactType: EMPTY.mediaType }] });
    expect((await harbor.api('GET', 'projects/axion/artifacts')).status).toBe(404);
    expect((await harbor.api('GET', `${artifactPath('referred', '1')}/additions/sbom`)).status).toBe(422);
  });

  it('starts with script/sandbox', async () => {
    const name = `tv${process.pid}`;
    const sandbox = (...args: string[]) => execFileSync('script/sandbox', ['harbor', ...args], { encoding: 'utf8' });
    try {
      expect(() => execFileSync('script/sandbox', ['harbor', 'up', name, '--harbor-version', '2.8'])).toThrow(
        /2\.9 2\.15/,
      );
      sandbox('up', name, '--harbor-version', '2.9');
      const url = /OBJDOCKER_SANDBOX_HARBOR_URL='(.*)'/.exec(sandbox('env', name))?.[1] ?? '';
      const { harbor_version } = (await (await fetch(`${url}/api/v2.0/systeminfo`)).json()) as {
        harbor_version: string;
      };
      expect(harbor_version).toBe('v2.9.5-sandbox');
    } finally {
      sandbox('down', name);
    }
  });
});

async function sbomOf(harbor: TestHarbor, repository: string, reference: string): Promise<string> {
  for (;;) {
    const { sbom_overview } = await readJson<{ sbom_overview?: { scan_status: string; sbom_digest?: string } }>(
      harbor,
      `${artifactPath(repository, reference)}?with_sbom_overview=true`,
    );
    if (sbom_overview?.scan_status === 'Success') return sbom_overview.sbom_digest ?? '';
    await sleep(20);
  }
}

const cookie = (response: Response): string => response.headers.getSetCookie()[0]?.split(';')[0] ?? '';

function postOverTls(url: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', ca }, (response) => {
      text(response).then(resolve, reject);
    })
      .on('error', reject)
      .end();
  });
}
