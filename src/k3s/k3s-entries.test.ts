import { describe, expect, it } from 'vitest';
import { parseAsNode } from '../../test/harness/k3s-node.ts';
import { generate, packagesOf, runner, USER } from './k3s.fixture.ts';

describe('credentials', () => {
  it('are those of pull, and other variables are not read', async () => {
    const { node, warnings } = await generate({
      host: 'r.example.com',
      username: 'admin',
      password: '${NOT_SET}',
      pull: USER,
    });
    expect(node.configs.get('r.example.com')?.auth).toEqual(new Map(Object.entries(USER)));
    expect(warnings).toEqual([]);
  });

  it.each([
    ['absent, with a warning, when config.yaml has none', {}, 'is not passed to nodes'],
    [
      'absent when pull has only a username, and not those of an administrator instead',
      { username: 'admin', password: 'x', pull: { username: 'puller' } },
      'pull has no password',
    ],
  ])('are %s', async (_what, credentials, warning) => {
    const { node, warnings } = await generate({ host: 'r.example.com', ...credentials });
    expect(node.configs.size).toBe(0);
    expect(warnings).toEqual([expect.stringContaining(warning)]);
  });

  it('treat an empty pull as absent', async () => {
    const { node } = await generate({ host: 'r.example.com', ...USER, pull: { username: '', password: '' } });
    expect(node.configs.get('r.example.com')?.auth.get('username')).toBe(USER.username);
  });

  it('are left out, with a warning, when they are in the URL of an endpoint', async () => {
    const { text, warnings } = await generate({
      host: 'r.example.com',
      ...USER,
      mirrors: { 'docker.io': { endpoint: 'https://me:sesame@cache.example.com' } },
    });
    expect(text).toContain('- "https://cache.example.com"');
    expect(text + warnings.join()).not.toContain('sesame');
    expect(warnings.join()).toContain('credentials in its URL');
  });

  it('lead to a warning when nodes would send them over http, too', async () => {
    const { warnings } = await generate({
      host: 'r.example.com',
      ...USER,
      mirrors: { 'r.example.com': { endpoint: ['https://r.example.com', 'http://r.example.com'] } },
    });
    expect(warnings).toEqual([expect.stringContaining('unencrypted')]);
  });

  it('belong to one port: the same name with another scheme is another server', async () => {
    const { node } = await generate({
      host: 'r.example.com',
      ...USER,
      mirrors: {
        'r.example.com': { endpoint: 'https://r.example.com' },
        'quay.io': { endpoint: ['http://r.example.com:80', 'https://r.example.com:8443'] },
      },
    });
    expect([...node.configs.keys()]).toEqual(['r.example.com']);
  });

  it('lead to a warning when they are for another registry than that of the images', async () => {
    const { warnings } = await generate({ host: '10.0.0.5:5000', ...USER, image: { registry: 'r.example.com' } });
    expect(warnings).toEqual([expect.stringContaining('the images have the host r.example.com')]);
  });
});

describe('mirrors', () => {
  it('without an endpoint are left out, because k3s drops them', async () => {
    const { node, warnings } = await generate({
      host: 'r.example.com',
      ...USER,
      mirrors: { 'docker.io': { rewrite: { a: 'b' } }, 'quay.io': { endpoint: '' } },
    });
    expect(node.mirrors.size).toBe(0);
    expect(warnings).toHaveLength(2);
  });

  it('of index.docker.io are those of docker.io, as in image names', async () => {
    const { node } = await generate({
      host: 'r.example.com',
      ...USER,
      mirrors: {
        'index.docker.io': {
          endpoint: ['https://c.example.com', 'https://c.example.com/v2', 'https://c.example.com/'],
        },
      },
    });
    expect([...node.mirrors]).toEqual([['docker.io', { endpoint: ['https://c.example.com'], rewrite: new Map() }]]);
  });

  it.each([
    ['^(?!library/)(.*)', 'x/$1', 'cannot compile'],
    ['(', 'x', 'cannot compile'],
    ['(a)\\1', 'x', 'cannot compile'],
    ['^rancher\\.io/(.*)', 'x/$1', 'unescaped'],
    ['(.*)', '$1_hub', 'group 1_hub'],
    ['(?P<all>.*)', 'hub/${some}', 'group some'],
  ])('warn of the rewrite %s to %s', async (pattern, replacement, warning) => {
    const { warnings } = await generate({
      host: 'r.example.com',
      ...USER,
      mirrors: {
        'docker.io': {
          endpoint: 'https://c.example.com',
          rewrite: { [pattern]: replacement.replace('${', () => '$${') },
        },
      },
    });
    expect(warnings).toEqual([expect.stringContaining(warning)]);
  });
});

describe('several packages', () => {
  const mirror = (endpoint: string) => ({ mirrors: { 'docker.io': { endpoint } } });

  it('share equal entries', async () => {
    const packages = packagesOf({
      one: { host: 'r.example.com', ...USER, ...mirror('https://c.example.com') },
      two: { host: 'r.example.com', ...USER, ...mirror('https://c.example.com/v2') },
      three: { host: 'other.example.com', username: 'someone', password: 'else' },
    });
    const node = parseAsNode((await runner.generate(packages)).yaml.reveal());
    expect([...node.configs.keys()]).toEqual(['other.example.com', 'r.example.com']);
    expect([...node.mirrors.keys()]).toEqual(['docker.io']);
  });

  it('that conflict are an error that names both packages and each key, without secrets', async () => {
    const packages = packagesOf({
      one: { host: 'r.example.com', ...USER, ...mirror('https://c.example.com') },
      two: { host: 'r.example.com', username: 'admin', password: 'correct horse', ...mirror('https://d.example.com') },
      three: {
        host: 'r.example.com',
        ...USER,
        mirrors: { 'docker.io': { endpoint: 'https://c.example.com', rewrite: { a: 'b' } } },
      },
    });
    const error = await runner.generate(packages).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'REGISTRIES_CONFLICT' });
    const shown = `${String(error)}${JSON.stringify(error)}`;
    for (const part of [
      'one',
      'two',
      'three',
      'mirrors["docker.io"].endpoint',
      'mirrors["docker.io"].rewrite',
      'auth.username',
      'auth.password',
    ]) {
      expect(shown.replaceAll('\\"', '"')).toContain(part);
    }
    expect(shown).not.toMatch(/hunter2|correct horse/);
  });

  it('repeat no warning that applies to several', async () => {
    const packages = packagesOf({ one: { host: 'r.example.com' }, two: { host: 'r.example.com' } });
    const { warnings } = await runner.generate(packages);
    expect(warnings).toEqual([expect.stringMatching(/^one, two: config.yaml has no credentials/)]);
  });
});
