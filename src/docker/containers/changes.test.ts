import { describe, expect, it } from 'vitest';
import { EngineHttpError } from '../connection/engine-http.ts';
import { deleteContainer } from './delete.ts';
import { answerOf, fakeEngine } from './engine.fixture.ts';
import { startContainer } from './start.ts';
import { stopContainer } from './stop.ts';

const RUNNING = { Status: 'running', StartedAt: '2026-11-23T11:44:57.5Z', ExitCode: 0 };

describe('what changes a container', () => {
  it.each([
    ['stop', 'running', stopContainer],
    ['start', 'exited', startContainer],
    ['delete', 'exited', deleteContainer],
  ] as const)('names it by its id to %s it: its name may be another one by then', async (_what, Status, method) => {
    const { engine, asked } = fakeEngine((path) => {
      if (path.endsWith('/json')) return { Id: 'abc123', Name: '/web', State: { Status, ExitCode: 0 } };
      return path.includes('/wait') ? { StatusCode: 0 } : answerOf(204);
    });
    await method(engine, 'web', {});
    const [first, ...rest] = asked;
    expect(first).toBe('/v1.45/containers/web/json');
    expect(rest.length).toBeGreaterThan(0);
    for (const path of rest) expect(path).toContain('/containers/abc123');
  });
});

describe('stopContainer', () => {
  /** An engine with a container that ends with 137, and says of it what the events are. */
  function engineWith(events: readonly object[]) {
    let looks = 0;
    return fakeEngine((path) => {
      if (path.includes('/events')) return answerOf(200, ...events);
      if (!path.endsWith('/json')) return answerOf(path.includes('/wait') ? 200 : 204);
      looks += 1;
      const State = looks === 1 ? RUNNING : { ...RUNNING, Status: 'exited', ExitCode: 137 };
      return { Id: 'abc123', Name: '/web', State, Config: { StopTimeout: 0 } };
    });
  }
  const kill = (signal: string) => ({ Action: 'kill', Actor: { Attributes: { signal } } });
  const die = { Action: 'die', Actor: { Attributes: { exitCode: '137' } } };

  it.each([
    ['the engine sent SIGKILL', [kill('15'), kill('9'), die], {}, true],
    ['it ended before the engine had to', [kill('15'), die], {}, false],
    ['the engine has forgotten, and the time was over', [], {}, true],
    ['the engine has forgotten, and there was time left', [], { timeoutSeconds: 60 }, false],
    ['SIGKILL was sent after it had ended', [kill('15'), die, kill('9'), die], {}, false],
    ['it was to be ended by force', [kill('9'), die], { force: true }, true],
    ['it was to be ended by force, and ended before', [die, kill('9')], { force: true }, false],
    ['it was to be ended by force, and the engine has forgotten', [], { force: true }, true],
  ])('knows of an end with 137 whether %s', async (_what, events, options, killed) => {
    const { engine, asked } = engineWith(events);
    expect(await stopContainer(engine, 'web', options)).toMatchObject({ changed: true, killed, exitCode: 137 });
    const url = new URL(asked.at(-1) ?? '', 'http://engine');
    expect(url.searchParams.get('since')).toBe('1795434297.500000000');
  });

  it.each([
    [{}, '/stop'],
    [{ timeoutSeconds: 0 }, '/stop?t=0'],
    [{ timeoutSeconds: 0.5 }, '/stop?t=1'],
    [{ timeoutSeconds: -5 }, '/stop?t=0'],
    [{ timeoutSeconds: Number.POSITIVE_INFINITY }, '/stop?t=-1'],
    [{ timeoutSeconds: Number.NaN }, '/stop'],
  ])('asks with %j for %s', async (options, action) => {
    const { engine, asked } = engineWith([die]);
    await stopContainer(engine, 'web', options);
    expect(asked[1]).toBe(`/v1.45/containers/abc123${action}`);
  });

  it('waits for the end of what it kills', async () => {
    const { engine, asked } = engineWith([die]);
    await stopContainer(engine, 'web', { force: true });
    expect(asked.slice(1, 3)).toEqual([
      '/v1.45/containers/abc123/kill?signal=KILL',
      '/v1.45/containers/abc123/wait?condition=not-running',
    ]);
  });

  it.each([
    ['ended', answerOf(304)],
    ['was deleted', new EngineHttpError(404, 'No such container: abc123')],
  ])('has changed nothing when the container %s meanwhile', async (_what, answer) => {
    const { engine } = fakeEngine((path) =>
      path.endsWith('/json') ? { Id: 'abc123', Name: '/web', State: RUNNING } : answer,
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
    ['has deleted', new EngineHttpError(404, 'No such container: abc123')],
    ['is deleting', { Id: 'abc123', Name: '/web', State: { Status: 'removing', ExitCode: 137 } }],
  ])('does not call a container started, or failed, that somebody %s', async (_what, last) => {
    let looks = 0;
    const { engine } = fakeEngine((path) => {
      if (path.endsWith('/start')) return answerOf(204);
      if (path.includes('/wait')) return { StatusCode: 137 };
      looks += 1;
      if (looks > 2) return last;
      return { Id: 'abc123', Name: '/web', State: looks === 1 ? { Status: 'created' } : RUNNING };
    });
    await expect(startContainer(engine, 'web', {})).rejects.toMatchObject({
      code: 'INSTANCE_NOT_FOUND',
      message: 'container "web" is gone: it was deleted in this moment',
    });
  });
});

describe('deleteContainer', () => {
  function engineThatAnswers(AutoRemove: boolean, ...answers: unknown[]) {
    return fakeEngine((path) =>
      path.endsWith('/json')
        ? { Id: 'abc123', Name: '/web', State: RUNNING, HostConfig: { AutoRemove } }
        : (answers.shift() ?? expect.fail('asked once too often')),
    );
  }
  const inProgress = new EngineHttpError(409, 'removal of container abc123 is already in progress');
  const gone = new EngineHttpError(404, 'No such container: abc123');

  it.each([
    ["somebody else's removal", false, {}, false],
    ['the removal of a container with --rm that it ended', true, { force: true }, true],
  ])('waits for the end of %s', async (_what, autoRemove, options, changed) => {
    const { engine, asked } = engineThatAnswers(autoRemove, inProgress, inProgress, gone);
    expect(await deleteContainer(engine, 'web', options)).toEqual({ id: 'abc123', name: 'web', changed });
    expect(asked).toHaveLength(4);
  });

  it('takes up a removal that was given up', async () => {
    const { engine } = engineThatAnswers(false, inProgress, answerOf(204));
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
    ['something else is in the way', 'ENGINE_ERROR'],
  ])('reads the refusal "%s" as %s', async (message, code) => {
    const { engine } = engineThatAnswers(false, new EngineHttpError(409, message));
    await expect(deleteContainer(engine, 'web', {})).rejects.toMatchObject({ code });
  });
});
