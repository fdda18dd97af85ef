import { describe, expect, it } from 'vitest';
import { isObjDockerError } from '../../errors.ts';
import type { Engine } from '../engine.ts';
import { EngineHttpError } from '../engine-http.ts';
import { deleteContainer } from './delete.ts';
import { findContainer } from './find.ts';
import { inspectContainer } from './inspect.ts';
import { listContainers } from './list.ts';
import { startContainer } from './start.ts';
import { stopContainer } from './stop.ts';

const ENDPOINT = { url: 'unix:///d.sock', source: 'a test', address: { kind: 'unix', path: '/d.sock' } } as const;

/** An engine that answers as a test wants, and keeps what it was asked. */
function fakeEngine(answer: (path: string) => unknown): { engine: Engine; asked: string[] } {
  const asked: string[] = [];
  const respond = async (path: string) => {
    asked.push(path);
    const given = answer(path);
    if (given instanceof Error) throw given;
    return given;
  };
  const http = Object.create(null, { json: { value: respond }, list: { value: respond }, send: { value: respond } });
  const engine: Pick<Engine, 'http' | 'apiPath' | 'endpoint'> = { http, apiPath: '/v1.45', endpoint: ENDPOINT };
  return { engine: Object.create(engine), asked };
}

async function failureOf(promise: Promise<unknown>) {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isObjDockerError(error)) return expect.fail(`no error of ours: ${String(error)}`);
  return error;
}

const METHODS = {
  findContainer,
  inspectContainer,
  startContainer,
  stopContainer,
  deleteContainer,
} as const;

describe.each(Object.entries(METHODS))('%s', (_name, method) => {
  it.each([
    ['nothing', ''],
    ['an option', '-x'],
    ['a path', 'a/../b'],
    ['a shell substitution', '$(id)'],
    ['a space', 'a b'],
    ['a quote', "a'b"],
    ['a line break', 'web\n'],
    ['a NUL', 'web\0'],
    ['four bytes of UTF-8', '💥'],
    ['a query', 'web?force=1'],
    ['an encoded slash', 'a%2Fb'],
    ['two slashes', '//web'],
    ['ten thousand letters and a space', `${'a'.repeat(10_000)} `],
  ])('refuses %s as a name without asking the engine', async (_what, name) => {
    const { engine, asked } = fakeEngine(() => new Error('was asked'));
    const error = await failureOf(method(engine, name, {}));
    expect(error.code).toBe('INSTANCE_NAME_INVALID');
    expect(error.message.length).toBeLessThan(200);
    expect(error.message).toMatch(/^[\x20-\x7e]+$/);
    expect(asked).toEqual([]);
  });
});

describe('findContainer', () => {
  it('asks once', async () => {
    const answer = { Id: 'abc123', Name: '/web', State: { Status: 'paused' } };
    const { engine, asked } = fakeEngine(() => answer);
    expect(await findContainer(engine, '/web')).toEqual({ id: 'abc123', name: 'web', state: 'paused', answer });
    expect(asked).toEqual(['/v1.45/containers/web/json']);
  });

  it('names an unknown name shortly, however long it is', async () => {
    const { engine } = fakeEngine((path) =>
      path.endsWith('all=1') ? [] : new EngineHttpError(404, 'No such container'),
    );
    const error = await failureOf(findContainer(engine, 'a'.repeat(10_000)));
    expect(error.code).toBe('INSTANCE_NOT_FOUND');
    expect(JSON.stringify(error).length).toBeLessThan(500);
  });

  it.each([
    [400, 'multiple IDs found with provided prefix: ab'],
    [500, 'Multiple IDs found with provided prefix: ab'],
  ])('knows an ambiguous prefix by %i, %s', async (status, message) => {
    const rows = [
      { Id: 'ab1', Names: ['/one'] },
      { Id: 'ac2', Names: ['/two'] },
      { Id: 'ab3', Names: ['/three'] },
    ];
    const { engine } = fakeEngine((path) => (path.endsWith('all=1') ? rows : new EngineHttpError(status, message)));
    const error = await failureOf(findContainer(engine, 'ab'));
    expect(error).toMatchObject({
      code: 'INSTANCE_AMBIGUOUS',
      hint: expect.stringContaining('one (ab1), three (ab3)'),
      details: {
        matches: [
          { id: 'ab1', name: 'one' },
          { id: 'ab3', name: 'three' },
        ],
      },
    });
  });

  it("says that a container is unknown also when the engine's list fails", async () => {
    const { engine } = fakeEngine(
      (path) => new EngineHttpError(path.endsWith('all=1') ? 500 : 404, 'No such container: web'),
    );
    expect((await failureOf(findContainer(engine, 'web'))).code).toBe('INSTANCE_NOT_FOUND');
  });

  it("passes on the engine's other failures", async () => {
    const { engine } = fakeEngine(() => new EngineHttpError(500, 'layer does not exist'));
    expect(await failureOf(findContainer(engine, 'web'))).toMatchObject({
      code: 'ENGINE_ERROR',
      message: expect.stringContaining('layer does not exist'),
    });
  });
});

describe('what changes a container', () => {
  it.each([
    ['stop', 'running', stopContainer],
    ['start', 'exited', startContainer],
    ['delete', 'exited', deleteContainer],
  ] as const)('names it by its id to %s it: its name may be another one by then', async (_what, state, method) => {
    const { engine, asked } = fakeEngine((path) => {
      if (path.endsWith('/json')) return { Id: 'abc123', Name: '/web', State: { Status: state, ExitCode: 0 } };
      return Object.assign((async function* () {})(), { statusCode: 204, resume: () => {}, StatusCode: 0 });
    });
    await method(engine, 'web', {});
    const [first, ...rest] = asked;
    expect(first).toBe('/v1.45/containers/web/json');
    expect(rest.length).toBeGreaterThan(0);
    for (const path of rest) expect(path).toContain('/containers/abc123');
  });
});

describe('listContainers', () => {
  it('asks once, and lets the engine filter by labels and states', async () => {
    const { engine, asked } = fakeEngine(() => []);
    await listContainers(engine, { labels: ['a=b c'], states: ['running', 'paused'], names: ['x'], images: ['y'] });
    expect(asked).toHaveLength(1);
    const url = new URL(asked[0] ?? '', 'http://engine');
    expect(url.pathname).toBe('/v1.45/containers/json');
    expect(url.searchParams.get('all')).toBe('1');
    expect(JSON.parse(url.searchParams.get('filters') ?? '')).toEqual({
      label: ['a=b c'],
      status: ['running', 'paused'],
    });
  });

  const digest = `sha256:${'d'.repeat(64)}`;
  const id = `sha256:${'1'.repeat(64)}`;
  it.each([
    ['python', 'python', true],
    ['python', 'docker.io/library/python:latest', true],
    ['python:3.12', 'python', true],
    ['python:3.12', 'python:3.11', false],
    ['python', 'python:3.11', false],
    ['localhost/python', 'python', false],
    ['r:5000/axion/api:1', 'r:5000/axion/api', true],
    ['r:5000/axion/api:1', 'r/axion/api', false],
    ['r:5000/axion/api:1', 'axion/api', false],
    [`r:5000/api@${digest}`, 'r:5000/api', true],
    [`r:5000/api@${digest}`, `r:5000/api@${digest}`, true],
    [`r:5000/api@${digest}`, 'r:5000/api:latest', false],
    ['r:5000/api:1', `r:5000/api@${id}`, true],
    ['r:5000/api:1', `r:5000/api@${digest}`, false],
    ['r:5000/api:1', id, true],
    ['r:5000/api:1', '1'.repeat(12), true],
    ['r:5000/api:1', '2'.repeat(12), false],
    ['deadbeefcafe:1', 'deadbeefcafe', true],
    [id, 'python', false],
    ['', 'python', false],
  ])('of a container of image "%s", filtered by image %s: %s', async (Image, wanted, expected) => {
    const { engine } = fakeEngine(() => [{ Id: 'abc', Image, ImageID: id }]);
    expect((await listContainers(engine, { images: [wanted] })).length).toBe(expected ? 1 : 0);
  });

  it('keeps the order of the engine among containers of the same second', async () => {
    const rows = [3, 9, 9, 5].map((Created, index) => ({ Id: `c${index}`, Created }));
    const { engine } = fakeEngine(() => rows);
    expect((await listContainers(engine, {})).map((instance) => instance.id)).toEqual(['c1', 'c2', 'c3', 'c0']);
  });
});
