import { describe, expect, it } from 'vitest';
import { fakeEngine, responseOf } from '../connection/engine.fixture.ts';
import { EngineHttpError } from '../connection/http.ts';
import { deleteContainer } from './delete.ts';
import { startContainer } from './start.ts';
import { stopContainer } from './stop.ts';

const RUNNING = { Status: 'running', StartedAt: '2026-11-23T11:44:57.5Z', ExitCode: 0 };

describe('a change of a container', () => {
  it.each([
    ['stop', 'running', stopContainer],
    ['start', 'exited', startContainer],
    ['delete', 'exited', deleteContainer],
  ] as const)('uses the id to %s it, because the name may be reused meanwhile', async (_what, Status, method) => {
    const { engine, requested } = fakeEngine((path) => {
      if (path.endsWith('/json')) return { Id: 'abc123', Name: '/web', State: { Status, ExitCode: 0 } };
      return path.includes('/wait') ? { StatusCode: 0 } : responseOf(204);
    });
    await method(engine, 'web', {});
    const [first, ...rest] = requested;
    expect(first).toBe('/v1.45/containers/web/json');
    expect(rest.length).toBeGreaterThan(0);
    for (const path of rest) expect(path).toContain('/containers/abc123');
  });
});

describe('stopContainer', () => {
  /** An engine with a container that exits with 137, and these events. */
  function engineWith(events: readonly object[]) {
    let looks = 0;
    return fakeEngine((path) => {
      if (path.includes('/events')) return responseOf(200, ...events);
      if (!path.endsWith('/json')) return responseOf(path.includes('/wait') ? 200 : 204);
      looks += 1;
      const State = looks === 1 ? RUNNING : { ...RUNNING, Status: 'exited', ExitCode: 137 };
      return { Id: 'abc123', Name: '/web', State, Config: { StopTimeout: 0 } };
    });
  }
  const kill = (signal: string) => ({ Action: 'kill', Actor: { Attributes: { signal } } });
  const die = { Action: 'die', Actor: { Attributes: { exitCode: '137' } } };

  it.each([
    ['the engine sent SIGKILL', [kill('15'), kill('9'), die], {}, true],
    ['it exited after SIGTERM', [kill('15'), die], {}, false],
    ['the engine has no events, after the time-out', [], {}, true],
    ['the engine has no events, before the time-out', [], { timeoutSeconds: 60 }, false],
    ['SIGKILL was sent after the exit', [kill('15'), die, kill('9'), die], {}, false],
    ['force was set', [kill('9'), die], { force: true }, true],
    ['force was set, and it exited before', [die, kill('9')], { force: true }, false],
    ['force was set, and the engine has no events', [], { force: true }, true],
  ])('reports whether exit code 137 was a kill: %s', async (_what, events, options, killed) => {
    const { engine, requested } = engineWith(events);
    expect(await stopContainer(engine, 'web', options)).toMatchObject({ changed: true, killed, exitCode: 137 });
    const url = new URL(requested.at(-1) ?? '', 'http://engine');
    expect(url.searchParams.get('since')).toBe('1795434297.500000000');
  });

  it.each([
    [{}, '/stop'],
    [{ timeoutSeconds: 0 }, '/stop?t=0'],
    [{ timeoutSeconds: 0.5 }, '/stop?t=1'],
    [{ timeoutSeconds: -5 }, '/stop?t=0'],
    [{ timeoutSeconds: Number.POSITIVE_INFINITY }, '/stop?t=-1'],
    [{ timeoutSeconds: Number.NaN }, '/stop'],
  ])('with %j requests %s', async (options, action) => {
    const { engine, requested } = engineWith([die]);
    await stopContainer(engine, 'web', options);
    expect(requested[1]).toBe(`/v1.45/containers/abc123${action}`);
  });

  it('waits for the exit of a container that it kills', async () => {
    const { engine, requested } = engineWith([die]);
    await stopContainer(engine, 'web', { force: true });
    expect(requested.slice(1, 3)).toEqual([
      '/v1.45/containers/abc123/kill?signal=KILL',
      '/v1.45/containers/abc123/wait?condition=not-running',
    ]);
  });

  it.each([
    ['stopped', responseOf(304)],
    ['was deleted', new EngineHttpError(404, 'No such container: abc123')],
  ])('reports no change when the container %s meanwhile', async (_what, response) => {
    const { engine } = fakeEngine((path) =>
      path.endsWith('/json') ? { Id: 'abc123', Name: '/web', State: RUNNING } : response,
    );
    expect(await stopContainer(engine, 'web', {})).toEqual({
      id: 'abc123',
      name: 'web',
      changed: false,
      killed: false,
    });
  });
});

describe('startContainer', () => {
  it.each([
    ['was deleted', new EngineHttpError(404, 'No such container: abc123')],
    ['is being deleted', { Id: 'abc123', Name: '/web', State: { Status: 'removing', ExitCode: 137 } }],
  ])('reports a container that %s as not found', async (_what, last) => {
    let looks = 0;
    const { engine } = fakeEngine((path) => {
      if (path.endsWith('/start')) return responseOf(204);
      if (path.includes('/wait')) return { StatusCode: 137 };
      looks += 1;
      if (looks > 2) return last;
      return { Id: 'abc123', Name: '/web', State: looks === 1 ? { Status: 'created' } : RUNNING };
    });
    await expect(startContainer(engine, 'web', {})).rejects.toMatchObject({
      code: 'INSTANCE_NOT_FOUND',
      message: 'container "web" was deleted during the operation',
    });
  });
});

describe('deleteContainer', () => {
  function engineWith(AutoRemove: boolean, ...responses: unknown[]) {
    return fakeEngine((path) =>
      path.endsWith('/json')
        ? { Id: 'abc123', Name: '/web', State: RUNNING, HostConfig: { AutoRemove } }
        : (responses.shift() ?? expect.fail('one request too many')),
    );
  }
  const inProgress = new EngineHttpError(409, 'removal of container abc123 is already in progress');
  const notFound = new EngineHttpError(404, 'No such container: abc123');

  it.each([
    ["another client's delete", false, {}, false],
    ['the delete of a container with --rm that it killed', true, { force: true }, true],
  ])('waits until the end of %s', async (_what, autoRemove, options, changed) => {
    const { engine, requested } = engineWith(autoRemove, inProgress, inProgress, notFound);
    expect(await deleteContainer(engine, 'web', options)).toEqual({ id: 'abc123', name: 'web', changed });
    expect(requested).toHaveLength(4);
  });

  it('deletes the container when the other delete failed', async () => {
    const { engine } = engineWith(false, inProgress, responseOf(204));
    expect(await deleteContainer(engine, 'web', {})).toMatchObject({ changed: true });
  });

  it('stops waiting when its signal is aborted', async () => {
    const { engine } = fakeEngine((path) =>
      path.endsWith('/json') ? { Id: 'abc123', Name: '/web', State: RUNNING } : inProgress,
    );
    const signal = AbortSignal.timeout(100);
    await expect(deleteContainer(engine, 'web', { signal })).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it.each([
    [
      'cannot remove container "/web": container is running: stop the container before removing or force remove',
      'INSTANCE_RUNNING',
    ],
    [
      'You cannot remove a restarting container abc123. Stop the container before attempting removal or force remove',
      'INSTANCE_RUNNING',
    ],
    ['another conflict', 'ENGINE_ERROR'],
  ])('maps the error "%s" to %s', async (message, code) => {
    const { engine } = engineWith(false, new EngineHttpError(409, message));
    await expect(deleteContainer(engine, 'web', {})).rejects.toMatchObject({ code });
  });
});
