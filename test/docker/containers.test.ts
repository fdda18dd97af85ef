import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InstanceDetail } from '../../src/model/instance.ts';
import { ObjDocker } from '../../src/obj-docker/obj-docker.ts';
import {
  BUSYBOX,
  containerName,
  copyBusybox,
  makeContainer,
  type SignalCommand,
  type TestContainer,
  type TestContainerOptions,
} from '../harness/containers.ts';
import { docker, type SandboxEngine, startEngine } from '../harness/sandbox.ts';
import { isLongTest } from '../random.ts';

const IGNORES_TERM = { atSignal: { TERM: '' } };
const CRASHES = ['sh', '-c', 'exit 3'];

function onTerm(action: string): SignalCommand {
  return { atSignal: { TERM: action } };
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => expect.fail(`it did not fail; it returned ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
}

// Most tests wait, each for its own containers.
describe.concurrent.each(isLongTest ? ['trixie', 'bookworm'] : ['trixie'])('an engine of %s', (flavour) => {
  let own: SandboxEngine | undefined;
  let env: Record<string, string | undefined> = {};
  let substrate: ObjDocker;
  const made: TestContainer[] = [];

  beforeAll(async () => {
    if (flavour === 'bookworm') {
      own = await startEngine('--flavour', flavour);
      env = own.env;
      await copyBusybox(env);
    }
    substrate = new ObjDocker({ engine: { address: env.DOCKER_HOST ?? process.env.DOCKER_HOST } });
  });
  afterAll(async () => {
    substrate.close();
    await Promise.all(made.map((container) => container[Symbol.asyncDispose]()));
    await own?.[Symbol.asyncDispose]();
  });

  async function make(options: TestContainerOptions = {}): Promise<TestContainer> {
    const container = await makeContainer({ env, ...options });
    made.push(container);
    return container;
  }

  async function detailUntil(name: string, wanted: (detail: InstanceDetail) => boolean): Promise<InstanceDetail> {
    const deadline = Date.now() + 120_000;
    while (Date.now() < deadline) {
      const detail = await substrate.getInstance(name);
      if (wanted(detail)) return detail;
      await sleep(100);
    }
    return expect.fail(`${name} did not reach the expected state`);
  }

  async function untilEvent(id: string, event: string): Promise<void> {
    const filters = ['--filter', `container=${id}`, '--filter', `event=${event}`];
    while ((await docker(['events', '--since', '10m', '--until', '0s', ...filters], env)) === '') await sleep(100);
  }

  describe('a listing', () => {
    const label = containerName();
    let runs: TestContainer;
    let created: TestContainer;
    let ended: TestContainer;
    beforeAll(async () => {
      runs = await make({
        options: ['--label', label, '--label', 'tier=a=b', '--publish', '127.0.0.1::80', '--expose', '53/udp'],
      });
      created = await make({ options: ['--label', label], start: false });
      ended = await make({ options: ['--label', label], command: CRASHES });
      await docker(['wait', ended.id], env);
    });

    it('has all containers, newest first', async () => {
      const instances = await substrate.listInstances({ labels: [label] });
      expect(instances.map(({ id, name, state }) => ({ id, name, state }))).toEqual([
        { id: ended.id, name: ended.name, state: 'exited' },
        { id: created.id, name: created.name, state: 'created' },
        { id: runs.id, name: runs.name, state: 'running' },
      ]);
      const [, , running] = instances;
      expect(running?.status).toMatch(/^Up /);
      expect(running?.image.reference).toBe(BUSYBOX);
      expect(running?.image.id).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(running?.labels).toEqual({ [label]: '', tier: 'a=b' });
      expect(Math.abs(Date.parse(running?.created ?? '') - Date.now())).toBeLessThan(120_000);
      const published = (await docker(['port', runs.id, '80/tcp'], env)).split(':').at(-1);
      expect(running?.ports).toEqual([
        { port: 53, protocol: 'udp' },
        { port: 80, protocol: 'tcp', published: { address: '127.0.0.1', port: Number(published) } },
      ]);
    });

    it('matches the listing of the docker client', async () => {
      const listed = await docker(['ps', '--all', '--no-trunc', '--quiet', '--filter', `label=${label}`], env);
      const instances = await substrate.listInstances({ labels: [label] });
      expect(instances.map(({ id }) => id)).toEqual(listed.split('\n'));
    });

    it.each([
      ['labels, all of them', () => ({ labels: [label, 'tier=a=b'] }), () => [runs]],
      ['a label that none has', () => ({ labels: [label, 'tier=a'] }), () => []],
      [
        'states, any of them',
        () => ({ labels: [label], states: ['created', 'exited'] as const }),
        () => [ended, created],
      ],
      ['parts of names, any of them', () => ({ names: [runs.name.slice(2), ended.name] }), () => [ended, runs]],
      ['a name as text, not as a pattern', () => ({ names: [runs.name.replace('objtest', '.*')] }), () => []],
      ['an image with its tag', () => ({ labels: [label], images: [BUSYBOX] }), () => [ended, created, runs]],
      ['a repository', () => ({ labels: [label], images: ['localhost/busybox'] }), () => [ended, created, runs]],
      ['another tag', () => ({ labels: [label], images: ['localhost/busybox:trixie'] }), () => []],
      ['the same name at Docker Hub', () => ({ labels: [label], images: ['busybox'] }), () => []],
      [
        'filters that must all pass',
        () => ({ labels: [label], states: ['running'] as const, names: [ended.name] }),
        () => [],
      ],
      [
        'empty lists, which are no filters',
        () => ({ labels: [label], states: [], names: [], images: [] }),
        () => [ended, created, runs],
      ],
    ])('is filtered by %s', async (_what, options, expected) => {
      const instances = await substrate.listInstances(options());
      expect(instances.map(({ name }) => name)).toEqual(expected().map(({ name }) => name));
    });

    it('finds a container by the id of an image that lost its tag', async () => {
      const image = `localhost/${containerName()}:1`;
      await docker(['tag', BUSYBOX, image], env);
      const before = await make({ image, start: false });
      await docker(['commit', before.id, image], env);
      const [instance] = await substrate.listInstances({ names: [before.name] });
      expect(instance?.image.reference).toBe(instance?.image.id);
      expect(await substrate.listInstances({ names: [before.name], images: [image] })).toEqual([]);
      expect(await substrate.listInstances({ names: [before.name], images: [instance?.image.id ?? ''] })).toHaveLength(
        1,
      );
      const detail = await substrate.getInstance(before.name);
      expect(detail.image.reference).toBe(detail.image.id);
      expect(detail.image.tags).not.toContain(image);
      await docker(['rmi', image], env);
    });

    it('rejects an invalid image reference', async () => {
      await expect(substrate.listInstances({ images: ['Not An Image'] })).rejects.toMatchObject({
        code: 'REFERENCE_INVALID',
      });
    });

    it('is CANCELLED when its signal is already aborted', async () => {
      await expect(substrate.listInstances({ signal: AbortSignal.abort() })).rejects.toMatchObject({
        code: 'CANCELLED',
      });
    });
  });

  describe('a container name', () => {
    it('may be the name, the id or a prefix of the id', async () => {
      const { id, name } = await make({ start: false });
      for (const given of [name, `/${name}`, id, id.slice(0, 20)])
        expect((await substrate.getInstance(given)).id).toBe(id);
    });

    it('is ambiguous when it is a prefix of several ids', async () => {
      const seventeen = await Promise.all(Array.from({ length: 17 }, () => make({ start: false })));
      const digits = seventeen.map(({ id }) => id.slice(0, 1));
      const prefix = digits.find((digit, index) => digits.indexOf(digit) !== index) ?? '';
      const alike = seventeen.filter(({ id }) => id.startsWith(prefix)).map(({ id, name }) => ({ id, name }));
      for (const method of ['getInstance', 'startInstance', 'stopInstance', 'deleteInstance'] as const) {
        const error = await failureOf(substrate[method](prefix));
        expect(error).toMatchObject({
          code: 'INSTANCE_AMBIGUOUS',
          details: { matches: expect.arrayContaining(alike) },
        });
      }
      expect((await substrate.getInstance(seventeen[0]?.id.slice(0, 30) ?? '')).name).toBe(seventeen[0]?.name);
    });

    it('that is unknown is an error with a suggestion', async () => {
      const { name } = await make({ start: false });
      const wrong = `${name.slice(0, -2)}${name.slice(-1)}`;
      for (const method of ['getInstance', 'startInstance', 'stopInstance', 'deleteInstance'] as const) {
        const error = await failureOf(substrate[method](wrong));
        expect(error).toMatchObject({
          code: 'INSTANCE_NOT_FOUND',
          message: expect.stringContaining(wrong),
          hint: expect.stringContaining(name),
          details: { suggestions: expect.arrayContaining([name]) },
        });
      }
      expect(await failureOf(substrate.deleteInstance(wrong, { force: true }))).toMatchObject({
        code: 'INSTANCE_NOT_FOUND',
      });
    });
  });

  describe('a container in detail', () => {
    it('has everything that the engine reports', async () => {
      const volume = containerName();
      const { id, name } = await make({
        options: [
          ...['--publish', '127.0.0.1::80', '--publish', '8099', '--label', 'a=b', '--volume', `${volume}:/volume:ro`],
          ...['--volume', '/tmp:/host', '--tmpfs', '/scratch:ro', '--mount', 'type=tmpfs,target=/memory'],
          ...['--health-cmd', 'echo probed', '--health-interval', '1s'],
        ],
      });
      const detail = await detailUntil(name, ({ health }) => health === 'healthy');
      expect(detail).toMatchObject({
        id,
        name,
        image: { reference: BUSYBOX, tags: expect.arrayContaining([BUSYBOX]) },
        state: 'running',
        status: expect.stringContaining('(healthy)'),
        labels: { a: 'b' },
        command: ['sh', '-c', expect.stringContaining('trap')],
        outOfMemory: false,
        restartCount: 0,
        lastProbe: { exitCode: 0, output: 'probed\n', failingStreak: 0 },
        networks: [{ name: 'bridge', ipv4: expect.stringMatching(/^10\./) }],
      });
      expect(detail.mounts).toEqual([
        { type: 'bind', source: '/tmp', target: '/host', readOnly: false },
        { type: 'tmpfs', target: '/memory', readOnly: false },
        { type: 'tmpfs', target: '/scratch', readOnly: true },
        { type: 'volume', source: volume, target: '/volume', readOnly: true },
      ]);
      expect(detail.ports.map(({ port, published }) => [port, published?.address])).toEqual([
        [80, '127.0.0.1'],
        [8099, '0.0.0.0'],
        [8099, '::'],
      ]);
      expect(new Date(detail.started ?? '').toISOString()).toBe(detail.started);
      expect(detail).not.toHaveProperty('finished');
      expect(detail).not.toHaveProperty('exitCode');
      await docker(['rm', '--force', '--volumes', id], env);
      await docker(['volume', 'rm', volume], env);
    });

    it('has no times before the first start', async () => {
      const detail = await substrate.getInstance((await make({ start: false })).name);
      expect(detail).toMatchObject({ state: 'created', networks: [{ name: 'bridge' }], ports: [] });
      for (const absent of ['started', 'finished', 'exitCode', 'error', 'health', 'lastProbe'])
        expect(detail).not.toHaveProperty(absent);
    });

    it('has the exit code, and whether it ran out of memory', async () => {
      const { name, id } = await make({
        options: ['--memory', '16m', '--memory-swap', '16m'],
        command: { first: 'head -c 60000000 /dev/zero | tail >/dev/null', atSignal: { TERM: 'exit 9' } },
      });
      // The kernel reports it separately from the exit. The engine misses it when the exit arrives first.
      await untilEvent(id, 'oom');
      await docker(['kill', '--signal', 'TERM', id], env);
      await docker(['wait', id], env);
      const detail = await substrate.getInstance(name);
      expect(detail).toMatchObject({ state: 'exited', outOfMemory: true });
      expect(detail.exitCode).toBeGreaterThan(0);
      expect(Date.parse(detail.finished ?? '')).toBeGreaterThanOrEqual(Date.parse(detail.started ?? ''));
    });

    it('counts the starts of a restart policy', async () => {
      const { name } = await make({ options: ['--restart', 'on-failure:2'], command: CRASHES });
      expect(await detailUntil(name, ({ state }) => state === 'exited')).toMatchObject({
        restartCount: 2,
        exitCode: 3,
      });
    });
  });

  describe('a start', () => {
    it('starts a container, and changes nothing for a running one', async () => {
      const { id, name } = await make({ start: false });
      expect(await substrate.startInstance(name)).toEqual({ id, name, changed: true, state: 'running' });
      const { started } = await substrate.getInstance(name);
      expect(await substrate.startInstance(name)).toEqual({ id, name, changed: false, state: 'running' });
      expect((await substrate.getInstance(name)).started).toBe(started);
    });

    it.each([[[]], [['--rm']]])('succeeds when the process exits with 0 (%s)', async (options) => {
      const { name } = await make({ command: ['true'], options, start: false });
      expect(await substrate.startInstance(name)).toMatchObject({ changed: true, state: 'exited' });
    });

    it.each([
      ['that exits at once', [], 'objdocker logs'],
      ['that is deleted at its exit', ['--rm'], '--rm'],
      ['whose restart policy keeps restarting it', ['--restart', 'always'], 'objdocker logs'],
    ])('fails for a container %s', async (_what, options, hint) => {
      const { name } = await make({ command: CRASHES, options, start: false });
      const error = await failureOf(substrate.startInstance(name));
      expect(error).toMatchObject({
        code: 'INSTANCE_START_FAILED',
        message: expect.stringContaining('exit code 3'),
        hint: expect.stringContaining(hint),
        details: { exitCode: 3 },
      });
    });

    it('waits for the restart of a container in a crash loop', async () => {
      const { id, name } = await make({
        options: ['--restart', 'always'],
        command: ['sh', '-c', '[ -e /fixed ] && exec sleep 100; exit 3'],
      });
      await detailUntil(name, ({ state, restartCount }) => state === 'restarting' && restartCount >= 3);
      // From now on the next restart succeeds, however long this machine takes to ask for it.
      await docker(['cp', '/etc/hostname', `${id}:/fixed`], env);
      expect(await substrate.startInstance(name)).toMatchObject({ changed: false, state: 'running' });
    });

    it.each([
      [
        'a program that does not exist',
        { command: ['no-such-program'] },
        /"no-such-program": executable file not found/,
        127,
      ],
      ['a directory as program', { command: ['/etc'] }, /"\/etc": permission denied/, 126],
      ['an unknown user', { options: ['--user', 'nobody-knows'] }, /nobody-knows/, undefined],
    ])('fails for %s, with only the reason', async (_what, options, reason, exitCode) => {
      const { name } = await make({ ...options, start: false });
      const error = await failureOf(substrate.startInstance(name));
      expect(error).toMatchObject({
        code: 'INSTANCE_START_FAILED',
        message: expect.stringMatching(reason),
        hint: expect.any(String),
      });
      expect(error).not.toMatchObject({ message: expect.stringMatching(/runc|shim|: unknown/) });
      if (exitCode !== undefined) expect(error).toMatchObject({ details: { exitCode } });
    });

    it('fails when another container uses the port', async () => {
      const first = await make({ options: ['--publish', '127.0.0.1::80'] });
      const port = (await docker(['port', first.id, '80/tcp'], env)).split(':').at(-1);
      const { name } = await make({ options: ['--publish', `127.0.0.1:${port}:80`], start: false });
      const error = await failureOf(substrate.startInstance(name));
      expect(error).toMatchObject({
        code: 'INSTANCE_START_FAILED',
        message: `cannot start container "${name}": Bind for 127.0.0.1:${port} failed: port is already allocated`,
        hint: expect.stringContaining('objdocker list'),
      });
    });

    it('does not unpause a container', async () => {
      const { id, name } = await make();
      await docker(['pause', id], env);
      const error = await failureOf(substrate.startInstance(name));
      expect(error).toMatchObject({ code: 'INSTANCE_PAUSED', hint: expect.stringContaining(`docker unpause ${name}`) });
      expect((await substrate.getInstance(name)).state).toBe('paused');
    });
  });

  describe('a stop', () => {
    it('lets the process exit, and changes nothing for a stopped container', async () => {
      const { id, name } = await make({ command: onTerm('exit 4') });
      expect(await substrate.stopInstance(name)).toEqual({ id, name, changed: true, killed: false, exitCode: 4 });
      expect((await substrate.getInstance(name)).state).toBe('exited');
      expect(await substrate.stopInstance(name)).toEqual({ id, name, changed: false, killed: false });
      expect(await substrate.stopInstance(name, { force: true })).toEqual({ id, name, changed: false, killed: false });
    });

    it("uses the container's own signal", async () => {
      const command = { atSignal: { QUIT: 'exit 7', TERM: '' } };
      const { name } = await make({ options: ['--stop-signal', 'QUIT'], command });
      expect(await substrate.stopInstance(name)).toMatchObject({ killed: false, exitCode: 7 });
    });

    it.each([
      ['the time-out given', ['--stop-timeout', '3600'], { timeoutSeconds: 1 }, 1000],
      ['no time at all', ['--stop-timeout', '3600'], { timeoutSeconds: 0 }, 0],
      ['a time-out, under an init', ['--init', '--stop-timeout', '3600'], { timeoutSeconds: 1 }, 1000],
      ['a time-out, when it is deleted then', ['--rm', '--stop-timeout', '3600'], { timeoutSeconds: 1 }, 1000],
    ])('kills a process that does not end by itself, after %s', async (_what, options, stop, leastMs) => {
      const { name } = await make({ options, command: IGNORES_TERM });
      const started = performance.now();
      expect(await substrate.stopInstance(name, stop)).toMatchObject({ changed: true, killed: true, exitCode: 137 });
      expect(performance.now() - started).toBeGreaterThanOrEqual(leastMs);
    });

    it("kills a process that does not end by itself, after the container's own time-out", async () => {
      const { name } = await make({ command: IGNORES_TERM, options: ['--stop-timeout', '1'] });
      // The default time-out of the engine is 10 s.
      const { name: later } = await make({ command: IGNORES_TERM });
      const started = performance.now();
      const ended: string[] = [];
      const stop = async (container: string, timeoutSeconds?: number) => {
        const result = await substrate.stopInstance(container, timeoutSeconds === undefined ? {} : { timeoutSeconds });
        ended.push(container);
        return result;
      };
      const stoppingLater = stop(later, 9);
      expect(await stop(name)).toMatchObject({ changed: true, killed: true, exitCode: 137 });
      expect(performance.now() - started).toBeGreaterThanOrEqual(1000);
      await substrate.stopInstance(later, { force: true });
      await stoppingLater;
      expect(ended).toEqual([name, later]);
    });

    it('does not report a kill for a process that exits with 137 itself', async () => {
      const { name } = await make({ command: onTerm('exit 137') });
      expect(await substrate.stopInstance(name)).toMatchObject({ changed: true, killed: false, exitCode: 137 });
    });

    it('kills at once with force', async () => {
      const { name } = await make({ command: IGNORES_TERM, options: ['--stop-timeout', '3600'] });
      expect(await substrate.stopInstance(name, { force: true })).toMatchObject({
        changed: true,
        killed: true,
        exitCode: 137,
      });
      expect((await substrate.getInstance(name)).state).toBe('exited');
    });

    it.each([
      ['always', false],
      ['always', true],
      ['on-failure', true],
    ])('keeps the restart policy %s from starting it again (force: %s)', async (policy, force) => {
      const { name } = await make({ options: ['--restart', policy], command: onTerm('exit 1') });
      await substrate.stopInstance(name, { force });
      await sleep(1000);
      expect(await substrate.getInstance(name)).toMatchObject({ state: 'exited', restartCount: 0 });
    });

    it.each([false, true])('ends a crash loop (force: %s)', async (force) => {
      const { name } = await make({ options: ['--restart', 'always'], command: CRASHES });
      await detailUntil(name, ({ state, restartCount }) => state === 'restarting' && restartCount >= 3);
      expect(await substrate.stopInstance(name, { force })).toMatchObject({ changed: true, exitCode: 3 });
      const { restartCount } = await substrate.getInstance(name);
      await sleep(2500);
      expect(await substrate.getInstance(name)).toMatchObject({ state: 'exited', restartCount });
    });

    it.each([false, true])('ends a paused container (force: %s)', async (force) => {
      const { id, name } = await make();
      await docker(['pause', id], env);
      expect(await substrate.stopInstance(name, { force })).toMatchObject({ changed: true, killed: force });
      expect((await substrate.getInstance(name)).state).toBe('exited');
    });

    it('succeeds for a container that is deleted at its exit', async () => {
      const { name } = await make({ options: ['--rm'], command: onTerm('exit 6') });
      expect(await substrate.stopInstance(name)).toMatchObject({ changed: true, killed: false, exitCode: 6 });
    });

    it('ends when its signal is aborted', async () => {
      const { name } = await make({ command: IGNORES_TERM });
      const error = await failureOf(
        substrate.stopInstance(name, { timeoutSeconds: 3600, signal: AbortSignal.timeout(300) }),
      );
      expect(error).toMatchObject({ code: 'CANCELLED' });
    });

    it('runs for twenty containers in parallel, without blocking other requests', async () => {
      const command = { atSignal: { TERM: '', USR1: 'exit 5' } };
      const twenty = await Promise.all(Array.from({ length: 20 }, () => make({ command })));
      const stopping = Promise.all(twenty.map(({ name }) => substrate.stopInstance(name, { timeoutSeconds: 60 })));
      await sleep(1000);
      const listed = await substrate.listInstances({ names: twenty.map(({ name }) => name) });
      expect(listed.map(({ state }) => state)).toEqual(twenty.map(() => 'running'));
      await docker(['kill', '--signal', 'USR1', ...twenty.map(({ id }) => id)], env);
      const results = await stopping;
      expect(results.map(({ name, exitCode }) => ({ name, exitCode }))).toEqual(
        twenty.map(({ name }) => ({ name, exitCode: 5 })),
      );
    });
  });

  describe('a delete', () => {
    it('removes a stopped container', async () => {
      const { id, name } = await make({ start: false });
      expect(await substrate.deleteInstance(name)).toEqual({ id, name, changed: true });
      await expect(substrate.getInstance(name)).rejects.toMatchObject({ code: 'INSTANCE_NOT_FOUND' });
    });

    it.each([
      ['runs', async () => {}],
      ['is paused', (id: string) => docker(['pause', id], env)],
    ])('rejects a container that %s, and removes it with force', async (_what, prepare) => {
      const { id, name } = await make();
      await prepare(id);
      const { state } = await substrate.getInstance(name);
      const error = await failureOf(substrate.deleteInstance(name));
      expect(error).toMatchObject({
        code: 'INSTANCE_RUNNING',
        hint: expect.stringContaining(`objdocker delete --force ${name}`),
      });
      expect((await substrate.getInstance(name)).state).toBe(state);
      expect(await substrate.deleteInstance(name, { force: true })).toEqual({ id, name, changed: true });
      await expect(substrate.getInstance(name)).rejects.toMatchObject({ code: 'INSTANCE_NOT_FOUND' });
    });

    it('removes a container in a crash loop, with force', async () => {
      const { name } = await make({ options: ['--restart', 'always'], command: CRASHES });
      await detailUntil(name, ({ state, restartCount }) => state === 'restarting' && restartCount >= 3);
      expect(await failureOf(substrate.deleteInstance(name))).toMatchObject({ code: 'INSTANCE_RUNNING' });
      expect(await substrate.deleteInstance(name, { force: true })).toMatchObject({ changed: true });
    });

    it('of a container with --rm ends after its removal', async () => {
      const { name } = await make({ options: ['--rm'] });
      expect(await substrate.deleteInstance(name, { force: true })).toMatchObject({ changed: true });
      await expect(substrate.getInstance(name)).rejects.toMatchObject({ code: 'INSTANCE_NOT_FOUND' });
    });

    it('succeeds for several clients that delete the same container', async () => {
      const { name } = await make({ start: false });
      const results = await Promise.allSettled(Array.from({ length: 5 }, () => substrate.deleteInstance(name)));
      const done = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      // Engine 26 reports success to two simultaneous requests.
      expect(done.some(({ changed }) => changed)).toBe(true);
      // A later request does not find the container.
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'INSTANCE_NOT_FOUND' });
      await expect(substrate.getInstance(name)).rejects.toMatchObject({ code: 'INSTANCE_NOT_FOUND' });
    });

    it.each([
      [true, 'removes'],
      [false, 'keeps'],
    ])('with volumes: %s %s anonymous volumes, and keeps named ones', async (volumes) => {
      const named = containerName();
      const { id, name } = await make({
        options: ['--volume', '/anonymous', '--volume', `${named}:/named`],
        start: false,
      });
      const mounts = await docker(['inspect', '--format', '{{range .Mounts}}{{.Name}} {{end}}', id], env);
      const anonymous = mounts.split(' ').find((volume) => volume !== named) ?? '';
      await substrate.deleteInstance(name, { volumes });
      const left = await docker(['volume', 'ls', '--quiet'], env);
      expect(left.split('\n').includes(anonymous)).toBe(!volumes);
      expect(left.split('\n')).toContain(named);
      await docker(['volume', 'rm', named, ...(volumes ? [] : [anonymous])], env);
    });
  });
});

describe('an engine that is killed', () => {
  it('fails running and new requests, and works again after its restart', async () => {
    await using engine = await startEngine('--flavour', 'bookworm');
    await copyBusybox(engine.env);
    const substrate = new ObjDocker({ engine: { address: engine.env.DOCKER_HOST } });
    const { name } = await makeContainer({ env: engine.env, command: IGNORES_TERM });
    const stopping = failureOf(substrate.stopInstance(name, { timeoutSeconds: 60 }));
    await sleep(500);
    await engine.kill();
    expect(await stopping).toMatchObject({ code: 'ENGINE_UNREACHABLE', hint: expect.any(String) });
    const failures = await Promise.all(
      [
        substrate.listInstances(),
        substrate.getInstance(name),
        substrate.startInstance(name),
        substrate.deleteInstance(name),
      ].map(failureOf),
    );
    for (const failure of failures) expect(failure).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
    await engine.start();
    expect((await substrate.listInstances()).map((instance) => instance.name)).toEqual([name]);
    expect(await substrate.deleteInstance(name, { force: true })).toMatchObject({ changed: true });
    substrate.close();
  });
});
