import { describe, expect, it } from 'vitest';
import type { Engine, EngineInfo } from '../docker/connection/engine.ts';
import { ObjDockerError } from '../errors.ts';
import type { Registry } from '../registry/registry.ts';
import { baseImagesCheck, credentialsCheck, diskSpaceCheck, engineCheck, registryCheck } from './checks.ts';
import { type CheckOutcome, type PreflightCheck, preflightError, runPreflight } from './preflight.ts';
import type { ProbeFinding, ProbeReport } from './probe/report.ts';

const never = new Promise<never>(() => {});

function check(id: string, run: PreflightCheck['run'], deadlineMs?: number): PreflightCheck {
  return { id, title: id, run, deadlineMs };
}

const ok = async (): Promise<CheckOutcome> => ({ status: 'ok', detail: 'fine' });

describe('runPreflight', () => {
  it('runs all checks side by side, and lists them in their order', async () => {
    let finishSlow: () => void = () => {};
    const quickFinished = new Promise<void>((resolve) => (finishSlow = resolve));
    // The slow checks end only after the quick one. In sequence they would never end.
    const slow = () => quickFinished.then(ok);
    const preflight = runPreflight([check('slow', slow), check('slow too', slow), check('quick', ok)]);
    const finished: string[] = [];
    for await (const event of preflight) {
      if (event.type !== 'check-finished') continue;
      finished.push(event.check.id);
      if (event.check.id === 'quick') finishSlow();
    }
    expect(finished[0]).toBe('quick');
    const { checks, ok: allOk } = await preflight.result;
    expect(checks.map(({ id }) => id)).toEqual(['slow', 'slow too', 'quick']);
    expect(allOk).toBe(true);
  });

  it('fails a check that hangs, even one that does not listen to its signal, and no other', async () => {
    // 'hangs' never ends, so the 50 ms pass on any computer.
    const result = await runPreflight([check('hangs', () => never, 50), check('fine', ok)]).result;
    expect(result.checks).toMatchObject([{ status: 'failed', errorCode: 'TIMEOUT' }, { status: 'ok' }]);
    expect(preflightError(result)).toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('0.05 s') });
  });

  it('turns an error into a failed check with the code of the error', async () => {
    const broken = async () => {
      throw new ObjDockerError('ENGINE_PERMISSION', 'permission denied', { hint: 'join the group' });
    };
    const result = await runPreflight([check('fine', ok), check('engine', broken)]).result;
    expect(result).toMatchObject({ ok: false, checks: [{}, { status: 'failed', hint: 'join the group' }] });
    expect(preflightError(result)).toMatchObject({ code: 'ENGINE_PERMISSION', details: { failed: ['engine'] } });
  });

  it('throws the error of a bug', async () => {
    const bug = async () => {
      throw new TypeError('oops');
    };
    await expect(runPreflight([check('bug', bug)]).result).rejects.toThrow(TypeError);
  });

  it('throws CANCELLED when its signal is aborted', async () => {
    const controller = new AbortController();
    const waits = (signal: AbortSignal) =>
      new Promise<CheckOutcome>((_, reject) =>
        signal.addEventListener('abort', () => reject(new ObjDockerError('CANCELLED', 'cancelled'))),
      );
    const run = (signal: AbortSignal) => {
      queueMicrotask(() => controller.abort());
      return waits(signal);
    };
    await expect(runPreflight([check('waits', run)], { signal: controller.signal }).result).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });
});

const INFO: EngineInfo = {
  version: '26.1.5',
  apiVersion: '1.45',
  os: 'linux',
  arch: 'amd64',
  containerdStore: true,
  storageDriver: 'overlayfs',
  dataRoot: '/',
  name: 'vm',
  insecureRegistries: [],
  mirrors: [],
};

function engine(info: Partial<EngineInfo> = {}, images: string[] = [], url = 'unix:///x'): () => Promise<Engine> {
  const address = url.startsWith('unix')
    ? ({ kind: 'unix', path: '/x' } as const)
    : ({ kind: 'ssh', host: 'h' } as const);
  const fake: Partial<Engine> = {
    info: async () => ({ ...INFO, ...info }),
    endpoint: { source: 'test', url, address },
    inspectImage: async (reference) =>
      images.includes(reference)
        ? {
            id: 'i',
            tags: [],
            digests: [],
            os: '',
            architecture: '',
            sizeBytes: 1,
            layers: [],
            labels: {},
            onbuild: [],
            config: {},
          }
        : undefined,
  };
  return async () => fake as Engine;
}

const run = (one: PreflightCheck) => one.run(new AbortController().signal);
const down = async () => {
  throw new ObjDockerError('ENGINE_UNREACHABLE', 'no engine');
};

describe('checks of the engine', () => {
  it('names version, platform and store', async () => {
    expect((await run(engineCheck(engine()))).detail).toBe(
      '26.1.5 (API 1.45, linux/amd64, containerd image store) at unix:///x',
    );
  });

  it('measures the disk only when the engine runs on this computer', async () => {
    expect((await run(diskSpaceCheck(engine()))).detail).toMatch(/GB free in \/$/);
    expect(await run(diskSpaceCheck(engine({}, [], 'ssh://h')))).toMatchObject({ status: 'skipped' });
    expect(await run(diskSpaceCheck(engine({ dataRoot: '/nonexistent' })))).toMatchObject({ status: 'skipped' });
    expect(await run(diskSpaceCheck(down))).toMatchObject({ status: 'skipped' });
  });

  it('fails for a full disk', async () => {
    // A read-only filesystem of the kernel has no free space.
    expect(await run(diskSpaceCheck(engine({ dataRoot: '/proc' })))).toMatchObject({
      status: 'failed',
      errorCode: 'ENGINE_DISK_FULL',
    });
  });
});

describe('baseImagesCheck', () => {
  const registry = (headManifest: () => Promise<{ digest: string; mediaType: string } | undefined>): Registry => ({
    host: 'r',
    headManifest,
    getManifest: async () => undefined,
    async *listTags() {},
    getBlob: async () => undefined,
    putBlob: async () => '',
    putManifest: async () => '',
    refusedPush: async () => undefined,
  });
  const at = (headManifest: Parameters<typeof registry>[0]) => async () => registry(headManifest);
  const local = ['python:3.12-bookworm'];
  const images = async () => local;

  it('accepts an image of the engine, or of its registry', async () => {
    const found = at(async () => ({ digest: 'd', mediaType: 'm' }));
    expect(await run(baseImagesCheck({ images, engine: engine({}, local), registryFor: () => never }))).toEqual({
      status: 'ok',
      detail: 'python:3.12-bookworm (local)',
    });
    expect((await run(baseImagesCheck({ images, engine: down, registryFor: found }))).detail).toBe(
      'python:3.12-bookworm (docker.io)',
    );
  });

  it('fails for an image that neither the engine nor the registry has', async () => {
    const outcome = await run(baseImagesCheck({ images, engine: engine(), registryFor: at(async () => undefined) }));
    expect(outcome).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('neither in the engine nor at docker.io'),
    });
  });

  it('gives a hint when Docker Hub is unreachable, and only warns when the engine has a mirror', async () => {
    const unreachable = at(async () => {
      throw new ObjDockerError('REGISTRY_UNREACHABLE', 'no route');
    });
    const outcome = await run(baseImagesCheck({ images, engine: engine(), registryFor: unreachable }));
    expect(outcome).toMatchObject({
      status: 'failed',
      errorCode: 'REGISTRY_UNREACHABLE',
      hint: expect.stringContaining('Without Docker Hub'),
    });
    const mirrored = await run(
      baseImagesCheck({ images, engine: engine({ mirrors: ['http://m/'] }), registryFor: unreachable }),
    );
    expect(mirrored).toMatchObject({ status: 'warning', hint: expect.stringContaining('http://m/') });
  });
});

describe('checks of the registry', () => {
  const report = (...findings: ProbeFinding[]): ProbeReport => ({
    host: 'r:5000',
    url: 'https://r:5000',
    type: 'harbor',
    status: findings.some(({ level }) => level === 'error') ? 'unhealthy' : 'healthy',
    findings,
    durationMs: 1,
  });
  const wrongPassword: ProbeFinding = {
    level: 'error',
    code: 'REGISTRY_UNAUTHORIZED',
    message: 'wrong password',
    hint: 'h',
  };
  const ill: ProbeFinding = { level: 'error', code: 'REGISTRY_UNHEALTHY', message: 'jobservice', hint: 'h' };
  const elsewhere: ProbeFinding = {
    level: 'warning',
    code: 'TOKEN_REALM_ELSEWHERE',
    message: 'elsewhere',
    hint: 'external_url',
  };
  const found = { source: 'config.yaml', fromConfig: true, warnings: [] };
  const credentials = (...findings: ProbeFinding[]) =>
    run(credentialsCheck({ host: 'r:5000', find: async () => found, probe: async () => report(...findings) }));

  it('leave a wrong password to the line about credentials', async () => {
    expect(await run(registryCheck(async () => report(wrongPassword)))).toMatchObject({ status: 'ok' });
    await expect(credentials(wrongPassword)).rejects.toMatchObject({ code: 'REGISTRY_UNAUTHORIZED' });
    await expect(run(registryCheck(async () => report(ill)))).rejects.toMatchObject({ code: 'REGISTRY_UNHEALTHY' });
    expect(await credentials({ level: 'ok', code: 'PUSH_ALLOWED', message: '' })).toMatchObject({
      status: 'ok',
      detail: expect.stringContaining('config.yaml, may push'),
    });
  });

  it('warn of a token realm elsewhere', async () => {
    expect(await run(registryCheck(async () => report(elsewhere)))).toEqual({
      status: 'warning',
      detail: 'elsewhere',
      hint: 'external_url',
    });
  });
});
