import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../test/harness/config-text.ts';
import { configYaml } from '../../../test/harness/project.ts';
import {
  type Respond,
  serve,
  serveRaw,
  type TestResponse,
  type TestServer,
} from '../../../test/harness/registry-server.ts';
import type { Engine, EngineImage, EngineInfo } from '../../docker/connection/engine.ts';
import { ObjDockerError } from '../../errors.ts';
import { systemEnvironment } from '../../lib/environment.ts';
import { BaseImages, type BaseImagesOptions } from './base-images.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});

const OCI = 'application/vnd.oci.image';

interface Content {
  readonly digest: string;
  readonly type: string;
  readonly body: string;
}

function content(type: string, value: object): Content {
  const body = JSON.stringify(value);
  return { digest: `sha256:${createHash('sha256').update(body).digest('hex')}`, type, body };
}

/** An image with its config, and an index of it. */
function image(name: string, onbuild: readonly string[] = []) {
  const config = content(`${OCI}.config.v1+json`, { config: { Labels: { name }, OnBuild: onbuild } });
  const manifest = content(`${OCI}.manifest.v1+json`, {
    schemaVersion: 2,
    mediaType: `${OCI}.manifest.v1+json`,
    config: { mediaType: config.type, digest: config.digest, size: config.body.length },
    layers: [],
  });
  const index = content(`${OCI}.index.v1+json`, {
    schemaVersion: 2,
    mediaType: `${OCI}.index.v1+json`,
    manifests: [
      {
        mediaType: manifest.type,
        digest: manifest.digest,
        size: manifest.body.length,
        platform: { os: 'linux', architecture: 'arm64' },
      },
    ],
  });
  return { config, manifest, index };
}

/** A registry with images, by `repository:tag`. */
async function registry(
  tags: Readonly<Record<string, Content>>,
  contents: readonly Content[] = [],
): Promise<TestServer> {
  const found = (each: Content | undefined): TestResponse =>
    each === undefined
      ? { status: 404, body: '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}' }
      : { status: 200, headers: { 'content-type': each.type, 'docker-content-digest': each.digest }, body: each.body };
  return await listen(({ url }) => {
    const [, repository = '', kind, reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/(.+)$/.exec(url) ?? [];
    if (kind === undefined) return { status: 404 };
    const all = [...Object.values(tags), ...contents];
    return found(tags[`${repository}:${reference}`] ?? all.find(({ digest }) => digest === reference));
  });
}

async function listen(respond: Respond): Promise<TestServer> {
  const server = await serve(respond);
  open.push(server);
  return server;
}

const IMAGE: EngineImage = {
  id: `sha256:${'1'.repeat(64)}`,
  tags: [],
  digests: [],
  os: 'linux',
  architecture: 'amd64',
  sizeBytes: 1,
  layers: [],
  labels: {},
  onbuild: [],
  config: {},
};
const DIGEST = `sha256:${'2'.repeat(64)}`;

/** An engine with images, by name. */
function engine(images: Readonly<Record<string, Partial<EngineImage>>>, info: Partial<EngineInfo> = {}): Engine {
  const fake: Partial<Engine> = {
    inspectImage: async (reference) => {
      const found = images[reference];
      return found === undefined ? undefined : { ...IMAGE, ...found };
    },
    info: async () => ({ os: 'linux', arch: 'amd64', mirrors: [], ...info }) as EngineInfo,
  };
  return fake as Engine;
}

interface Setup extends Partial<Omit<BaseImagesOptions, 'pkg' | 'environment' | 'engine'>> {
  readonly host: string;
  readonly engine?: Engine | ObjDockerError;
  readonly baseUnreachable?: string;
  readonly env?: Readonly<Record<string, string>>;
}

function bases({ host, engine: found, baseUnreachable, env = {}, ...more }: Setup): BaseImages {
  const config = configYaml({ host, ...(baseUnreachable === undefined ? {} : { image: { baseUnreachable } }) });
  return new BaseImages({
    pkg: readConfig(config).selectPackage(),
    environment: { ...systemEnvironment(), env, home: '/nonexistent' },
    engine: async () => {
      if (found instanceof ObjDockerError) throw found;
      return found ?? engine({});
    },
    registryFirst: false,
    lastKnown: () => undefined,
    ...more,
  });
}

describe('an image', () => {
  it('is that of the engine, which a build there uses, and no registry is asked', async () => {
    const { manifest, config } = image('remote');
    const server = await registry({ 'base:1': manifest }, [config]);
    const name = `${server.host}/base:1`;
    const local = engine({ [name]: { digests: [`${server.host}/base@${DIGEST}`], onbuild: ['RUN x'] } });
    expect(await bases({ host: server.host, engine: local }).find(name)).toEqual({
      digest: DIGEST,
      source: 'engine',
      onbuild: ['RUN x'],
    });
    expect(server.seen).toEqual([]);
  });

  it('is that of the registry where the build asks the registry', async () => {
    const { manifest, config } = image('remote');
    const server = await registry({ 'base:1': manifest }, [config]);
    const name = `${server.host}/base:1`;
    const found = await bases({ host: server.host, engine: engine({ [name]: {} }), registryFirst: true }).find(name);
    expect(found).toEqual({ digest: manifest.digest, source: 'registry', onbuild: [] });
  });

  it.each([
    ['pulled from its own repository', ['other.example.com/base@sha256:3', 'HOST/base@DIGEST'], DIGEST],
    ['pulled from another one', ['other.example.com/base@DIGEST', 'HOST/base2@DIGEST'], IMAGE.id],
    ['built there', [], IMAGE.id],
  ])('of the engine has the digest of the registry when it was %s', async (_, digests, expected) => {
    const host = '127.0.0.1:1';
    const known = digests.map((name) =>
      name.replace('HOST', host).replace('DIGEST', DIGEST).replace('sha256:3', DIGEST),
    );
    const local = engine({ [`${host}/base`]: { digests: known } });
    expect(await bases({ host, engine: local }).find(`${host}/base`)).toMatchObject({ digest: expected });
  });

  it('of Docker Hub is found under its short name', async () => {
    const local = engine({ 'python:3': { digests: [`python@${DIGEST}`] } });
    expect(await bases({ host: '127.0.0.1:1', engine: local }).find('python:3')).toMatchObject({ digest: DIGEST });
  });

  it('with a digest in its name is asked for by that', async () => {
    const { index, manifest, config } = image('pinned', ['COPY . /app']);
    const server = await registry({}, [index, manifest, config]);
    const name = `${server.host}/base:1@${index.digest}`;
    expect(await bases({ host: server.host }).find(name)).toEqual({
      digest: index.digest,
      source: 'name',
      onbuild: ['COPY . /app'],
    });
  });

  it('of an index has the triggers of its first platform', async () => {
    const { index, manifest, config } = image('index', ['RUN a', 'COPY x /']);
    const server = await registry({ 'base:latest': index }, [manifest, config]);
    expect(await bases({ host: server.host }).find(`${server.host}/base`)).toEqual({
      digest: index.digest,
      source: 'registry',
      onbuild: ['RUN a', 'COPY x /'],
    });
  });

  it('that only the engine has is found there last', async () => {
    const server = await registry({});
    const name = `${server.host}/local`;
    const options = { host: server.host, engine: engine({ [name]: {} }), registryFirst: true };
    expect(await bases(options).find(name)).toMatchObject({ digest: IMAGE.id, source: 'engine' });
    expect(server.seen).toHaveLength(1);
  });

  it('that neither has is an error', async () => {
    const server = await registry({});
    for (const registryFirst of [true, false])
      await expect(bases({ host: server.host, registryFirst }).find(`${server.host}/gone:1`)).rejects.toMatchObject({
        code: 'BASE_UNREACHABLE',
        message: `there is no image ${server.host}/gone:1: neither the engine nor its registry has it`,
        details: { image: `${server.host}/gone:1` },
      });
  });

  it('is found in the registry when there is no engine', async () => {
    const { manifest, config } = image('remote');
    const server = await registry({ 'base:1': manifest }, [config]);
    const found = bases({ host: server.host, engine: new ObjDockerError('ENGINE_UNREACHABLE', 'none') });
    expect(await found.find(`${server.host}/base:1`)).toMatchObject({ digest: manifest.digest });
    expect(await found.enginePlatform()).toBeUndefined();
    expect(await bases({ host: server.host }).enginePlatform()).toBe('linux/amd64');
  });
});

describe('a registry that cannot be reached', () => {
  async function refusing(): Promise<string> {
    const server = await listen(() => ({ status: 503, body: 'down' }));
    return server.host;
  }

  it('is an error which names the image and what to do', async () => {
    const host = await refusing();
    await expect(bases({ host, lastKnown: () => DIGEST }).find(`${host}/base`)).rejects.toMatchObject({
      code: 'BASE_UNREACHABLE',
      message: expect.stringContaining(`cannot look up the base image ${host}/base: `),
      hint: expect.stringContaining('image.baseUnreachable: last-known'),
    });
  });

  it('does not matter for an image that the engine has', async () => {
    const host = await refusing();
    const local = engine({ [`${host}/base`]: {} });
    for (const registryFirst of [true, false])
      expect(await bases({ host, engine: local, registryFirst }).find(`${host}/base`)).toMatchObject({
        source: 'engine',
      });
  });

  it('leaves the digest of the last release, where that is wanted', async () => {
    const host = await refusing();
    const lastKnown = (name: string) => (name === `${host}/base` ? DIGEST : undefined);
    const found = bases({ host, lastKnown, baseUnreachable: 'last-known' });
    expect(await found.find(`${host}/base`)).toEqual({ digest: DIGEST, source: 'last-known', onbuild: [] });
    expect(await found.find(`${host}/new`)).toEqual({
      unknown: `the registry of ${host}/new cannot be reached, and no release names its digest`,
    });
  });

  it('may be one that only the mirror of the engine reaches', async () => {
    const proxy = await serveRaw((socket) => socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n'));
    open.push(proxy);
    const options = { host: '127.0.0.1:1', env: { HTTPS_PROXY: `http://${proxy.host}` } };
    const mirrored = engine({}, { mirrors: ['https://mirror.example.com/'] });
    expect(await bases({ ...options, engine: mirrored }).find('python:3')).toEqual({
      unknown: "only the engine's mirror https://mirror.example.com/ knows python:3",
    });
    await expect(bases({ ...options, engine: mirrored }).find('quay.invalid/a/b')).rejects.toMatchObject({
      code: 'BASE_UNREACHABLE',
    });
    await expect(bases(options).find('python:3')).rejects.toMatchObject({ code: 'BASE_UNREACHABLE' });
  });
});

describe('requests', () => {
  it('are made once for each image, however often it is asked for', async () => {
    const { manifest, config } = image('remote');
    const server = await registry({ 'base:1': manifest, 'base:2': manifest }, [config]);
    const found = bases({ host: server.host });
    const names = ['1', '2', '1', '1'].map((tag) => `${server.host}/base:${tag}`);
    await Promise.all(names.map((name) => found.find(name)));
    await found.find(`${server.host}/base:1`);
    expect(server.seen.map(({ url }) => url).filter((url) => url.includes('/manifests/'))).toEqual([
      '/v2/base/manifests/1',
      '/v2/base/manifests/2',
    ]);
    expect([...(await found.all()).keys()]).toEqual(names.slice(0, 2));
  });

  it('are at most 8 at a time', async () => {
    const { manifest, config } = image('remote');
    let running = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    const server = await listen(async ({ url }) => {
      most = Math.max(most, ++running);
      // Eight wait for each other; a ninth would be counted.
      if (url.includes('/manifests/') && waiting.length < 8) {
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          if (waiting.length === 8) for (const go of waiting) setImmediate(go);
        });
      }
      running--;
      const each = url.includes('/blobs/') ? config : manifest;
      return {
        status: 200,
        headers: { 'content-type': each.type, 'docker-content-digest': each.digest },
        body: each.body,
      };
    });
    const found = bases({ host: server.host });
    await Promise.all(Array.from({ length: 30 }, (_, index) => found.find(`${server.host}/base:${index}`)));
    expect(most).toBe(8);
  });

  it('end when the run is cancelled, those that wait too', async () => {
    const controller = new AbortController();
    const server = await listen(() => {
      controller.abort();
      return new Promise(() => {});
    });
    const found = bases({ host: server.host, signal: controller.signal, baseUnreachable: 'last-known' });
    const names = Array.from({ length: 20 }, (_, index) => `${server.host}/base:${index}`);
    const results = await Promise.allSettled(names.map((name) => found.find(name)));
    for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'CANCELLED' } });
    expect(server.seen.length).toBeLessThanOrEqual(8);
  });
});
