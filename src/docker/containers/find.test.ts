import { describe, expect, it } from 'vitest';
import { isObjDockerError } from '../../errors.ts';
import { fakeEngine } from '../connection/engine.fixture.ts';
import { EngineHttpError } from '../connection/http.ts';
import { deleteContainer } from './delete.ts';
import { findContainer } from './find.ts';
import { inspectContainer } from './inspect.ts';
import { startContainer } from './start.ts';
import { stopContainer } from './stop.ts';

async function failureOf(promise: Promise<unknown>) {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isObjDockerError(error)) return expect.fail(`not an ObjDockerError: ${String(error)}`);
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
  ])('rejects %s as a name without a request', async (_what, name) => {
    const { engine, requested } = fakeEngine(() => new Error('unexpected request'));
    const error = await failureOf(method(engine, name, {}));
    expect(error.code).toBe('INSTANCE_NAME_INVALID');
    expect(error.message.length).toBeLessThan(200);
    expect(error.message).toMatch(/^[\x20-\x7e]+$/);
    expect(requested).toEqual([]);
  });
});

describe('findContainer', () => {
  it('sends one request', async () => {
    const inspected = { Id: 'abc123', Name: '/web', State: { Status: 'paused' } };
    const { engine, requested } = fakeEngine(() => inspected);
    expect(await findContainer(engine, '/web')).toEqual({ id: 'abc123', name: 'web', state: 'paused', inspected });
    expect(requested).toEqual(['/v1.45/containers/web/json']);
  });

  it('shortens a long unknown name', async () => {
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
  ])('recognizes an ambiguous prefix by %i, %s', async (status, message) => {
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

  it('reports an unknown container also when the listing fails', async () => {
    const { engine } = fakeEngine(
      (path) => new EngineHttpError(path.endsWith('all=1') ? 500 : 404, 'No such container: web'),
    );
    expect((await failureOf(findContainer(engine, 'web'))).code).toBe('INSTANCE_NOT_FOUND');
  });

  it('reports other failures of the engine', async () => {
    const { engine } = fakeEngine(() => new EngineHttpError(500, 'layer does not exist'));
    expect(await failureOf(findContainer(engine, 'web'))).toMatchObject({
      code: 'ENGINE_ERROR',
      message: expect.stringContaining('layer does not exist'),
    });
  });
});
