import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEngine } from '../../src/docker/connection/connect.ts';
import { discoverEngine } from '../../src/docker/connection/endpoint.ts';
import type { Engine } from '../../src/docker/connection/engine.ts';
import { type PushEvent, pushImages } from '../../src/docker/push/push.ts';
import { createHttpClient } from '../../src/lib/http/client.ts';
import { Secret } from '../../src/lib/secret.ts';
import { openRegistry } from '../../src/registry/registry.ts';
import { watchCommandLines } from '../harness/command-lines.ts';
import { buildLayeredImages, type LayeredImages } from '../harness/registry-images.ts';
import { docker, type SandboxEngine, type SandboxRegistry, startEngine, startRegistry } from '../harness/sandbox.ts';

const PASSWORD = 'pa ss/w:ord"1';
const auth = { credentials: { username: 'robot$axion+ci', password: new Secret(PASSWORD) } };

let plain: SandboxRegistry;
let guarded: SandboxRegistry;
beforeAll(async () => {
  [plain, guarded] = [await startRegistry(), await startRegistry({ username: 'robot$axion+ci', password: PASSWORD })];
});
afterAll(async () => {
  await plain[Symbol.asyncDispose]();
  await guarded[Symbol.asyncDispose]();
});

async function connect(env: Record<string, string | undefined>): Promise<Engine> {
  const environment = { env: { ...process.env, ...env }, home: '/nonexistent' };
  return connectEngine(await discoverEngine({ environment }), { environment });
}

async function eventsOf(operation: AsyncIterable<PushEvent>): Promise<PushEvent[]> {
  const events: PushEvent[] = [];
  for await (const event of operation) events.push(event);
  return events;
}

describe.each(['trixie', 'bookworm'])('an engine of %s', (flavour) => {
  let own: SandboxEngine;
  let engine: Engine;
  let images: LayeredImages;
  beforeAll(async () => {
    own = await startEngine('--flavour', flavour);
    engine = await connect(own.env);
    images = await buildLayeredImages(`${plain.host}/push-${flavour}`, { env: own.env });
  });
  afterAll(() => own[Symbol.asyncDispose]());

  it('returns the digests of the registry, and counts each shared layer once', async () => {
    const push = pushImages(engine, images.references);
    const events = await eventsOf(push);
    const { images: pushed, bytesSent } = await push.result;
    expect(pushed.map(({ reference }) => reference)).toEqual(images.references);
    const http = createHttpClient({ env: {} });
    const registry = openRegistry({ url: `http://${plain.host}`, http });
    for (const { reference, digest } of pushed) {
      const [repository = '', tag = ''] = reference.slice(plain.host.length + 1).split(':');
      expect((await registry.headManifest(repository, tag))?.digest).toBe(digest);
    }
    await http.close();
    // 8 MB base, two tiers of 2 MB, four of 0.2 MB: sent apart, they would be more than 40 MB. Of a layer that goes in
    // one piece, which depends on how quick the registry is, the containerd store tells no size.
    expect(bytesSent).toBeLessThan(14_000_000);
    if (!(await engine.info()).containerdStore) expect(bytesSent).toBeGreaterThan(7_000_000);
    expect(events.filter(({ type }) => type === 'push-finished')).toHaveLength(4);
    expect(events.some((event) => event.type === 'push-progress' && event.overall.layersDone > 0)).toBe(true);
  });

  it('uploads nothing when the registry has all layers', async () => {
    const { bytesSent, images: pushed } = await pushImages(engine, images.references).result;
    expect(bytesSent).toBe(0);
    expect(pushed).toHaveLength(4);
  });

  it('shows the password on no command line', async () => {
    const reference = `${guarded.host}/axion/push-${flavour}:1.0`;
    await docker(['tag', images.references[0] ?? '', reference], own.env);
    const watch = watchCommandLines();
    const { images: pushed } = await pushImages(engine, [reference], { auth }).result;
    expect(await watch.stop()).not.toContain(PASSWORD);
    expect(pushed[0]?.digest).toMatch(/^sha256:/);
  });

  it.each([
    ['none', {}],
    ['a wrong one', { credentials: { username: 'robot$axion+ci', password: new Secret('wrong-password') } }],
  ])('fails at a registry that requires a password and gets %s', async (_what, wrong) => {
    const reference = `${guarded.host}/axion/refused-${flavour}:1.0`;
    await docker(['tag', images.references[0] ?? '', reference], own.env);
    const error = await pushImages(engine, [reference], { auth: wrong }).result.catch((failure) => failure);
    expect(error).toMatchObject({ code: 'REGISTRY_UNAUTHORIZED', details: { pushed: [], notPushed: [] } });
    expect(error.message).toContain(reference);
    expect(JSON.stringify(error)).not.toContain('wrong-password');
  });

  it('lists images that are not built, and pushes none', async () => {
    const missing = `${plain.host}/push-${flavour}/never-built:1.0`;
    const error = await pushImages(engine, [images.references[0] ?? '', missing]).result.catch((failure) => failure);
    expect(error).toMatchObject({ code: 'IMAGE_NOT_BUILT', details: { missing: [missing] } });
    expect(error.hint).toContain('objdocker build');
  });

  it('reports a registry where nothing listens', async () => {
    const reference = `localhost:1/push-${flavour}:1.0`;
    await docker(['tag', images.references[0] ?? '', reference], own.env);
    await expect(pushImages(engine, [reference]).result).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  });

  it('lists the pushed and the remaining images when one fails', async () => {
    const refused = `${guarded.host}/axion/some-${flavour}:1.0`;
    await docker(['tag', images.references[0] ?? '', refused], own.env);
    const error = await pushImages(engine, [images.references[0] ?? '', refused, images.references[1] ?? ''], {
      concurrency: 1,
    }).result.catch((failure) => failure);
    expect(error.code).toBe('REGISTRY_UNAUTHORIZED');
    expect(error.details).toMatchObject({
      pushed: [{ reference: images.references[0] }],
      failed: [{ reference: refused, code: 'REGISTRY_UNAUTHORIZED' }],
      notPushed: [images.references[1]],
    });
  });

  it('stops when it is cancelled', async () => {
    const large = await buildLayeredImages(`${plain.host}/cancelled-${flavour}`, {
      count: 1,
      baseBytes: 60_000_000,
      env: own.env,
    });
    const controller = new AbortController();
    const push = pushImages(engine, large.references, { signal: controller.signal });
    await expect(
      (async () => {
        for await (const event of push) if (event.type === 'push-progress') controller.abort();
      })(),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('fails when the engine is killed during a push', async () => {
    const large = await buildLayeredImages(`${plain.host}/killed-${flavour}`, {
      count: 1,
      baseBytes: 300_000_000,
      env: own.env,
    });
    const push = pushImages(engine, large.references);
    let killed: Promise<void> | undefined;
    await expect(
      (async () => {
        for await (const event of push) if (event.type === 'push-progress') killed ??= own.kill();
      })(),
    ).rejects.toMatchObject({ code: expect.stringMatching(/^(ENGINE_UNREACHABLE|PUSH_FAILED)$/) });
    await killed;
  });
});
