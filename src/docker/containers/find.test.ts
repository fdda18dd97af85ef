import { describe, expect, it } from 'vitest';
import { isObjDockerError } from '../../errors.ts';
import { EngineHttpError } from '../connection/engine-http.ts';
import { deleteContainer } from './delete.ts';
import { fakeEngine } from './engine.fixture.ts';
import { findContainer } from './find.ts';
import { inspectContainer } from './inspect.ts';
import { startContainer } from './start.ts';
import { stopContainer } from './stop.ts';

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
