import { describe, expect, it } from 'vitest';
import { fakeEngine } from '../connection/engine.fixture.ts';
import { listContainers } from './list.ts';

describe('listContainers', () => {
  it('sends one request, in which the engine filters by labels and states', async () => {
    const { engine, requested } = fakeEngine(() => []);
    await listContainers(engine, { labels: ['a=b c'], states: ['running', 'paused'], names: ['x'], images: ['y'] });
    expect(requested).toHaveLength(1);
    const url = new URL(requested[0] ?? '', 'http://engine');
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
  ])('a container of image "%s" matches the filter %s: %s', async (Image, wanted, expected) => {
    const { engine } = fakeEngine(() => [{ Id: 'abc', Image, ImageID: id }]);
    expect((await listContainers(engine, { images: [wanted] })).length).toBe(expected ? 1 : 0);
  });

  it('keeps the order of the engine for containers of the same second', async () => {
    const rows = [3, 9, 9, 5].map((Created, index) => ({ Id: `c${index}`, Created }));
    const { engine } = fakeEngine(() => rows);
    expect((await listContainers(engine, {})).map((instance) => instance.id)).toEqual(['c1', 'c2', 'c3', 'c0']);
  });
});
