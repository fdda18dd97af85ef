import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ReleasedService, StoredRelease } from '../model/release.ts';
import { type DeploymentFormat, deployment } from './deployment.ts';

const HOST = 'registry.example.com:5000';
const digestOf = (letter: string) => `sha256:${letter.repeat(64)}`;

function service(name: string | undefined, letter: string): ReleasedService {
  return {
    ...(name === undefined ? {} : { service: name }),
    repository: `axion/${name ?? 'one'}-shop`,
    digest: digestOf(letter),
    platforms: [],
    since: 12,
    carried: false,
    tags: [{ tag: 'latest', action: 'moved' }],
  };
}

function release(services: readonly ReleasedService[], more: Partial<StoredRelease> = {}): StoredRelease {
  return {
    schemaVersion: 1,
    number: 12,
    kind: 'release',
    run: 'objdocker-20260531T081500Z-3f9a1c2b7d4e',
    package: 'shop',
    created: '2026-05-31T08:15:00.000Z',
    by: {},
    tags: ['latest'],
    services,
    current: [],
    digest: digestOf('c'),
    state: 'done',
    currentFor: ['latest'],
    ...more,
  };
}

const textOf = (format: DeploymentFormat, one: StoredRelease) => [...deployment(one, format, HOST)].join('\n');
const TWO = release([service('api', 'a'), service('worker', 'b')]);

describe('what a deployment takes', () => {
  it('is a component of a kustomization, with each image and its digest', () => {
    expect(parse(textOf('kustomize', TWO))).toEqual({
      apiVersion: 'kustomize.config.k8s.io/v1alpha1',
      kind: 'Component',
      images: [
        { name: `${HOST}/axion/api-shop`, newName: `${HOST}/axion/api-shop`, digest: digestOf('a') },
        { name: `${HOST}/axion/worker-shop`, newName: `${HOST}/axion/worker-shop`, digest: digestOf('b') },
      ],
    });
  });

  it('is a Compose file that names images by digest', () => {
    expect(parse(textOf('compose', TWO))).toEqual({
      services: {
        api: { image: `${HOST}/axion/api-shop@${digestOf('a')}` },
        worker: { image: `${HOST}/axion/worker-shop@${digestOf('b')}` },
      },
    });
  });

  it('is a command for each deployment, and says where their names are from', () => {
    const lines = textOf('set-image', TWO).split('\n');
    expect(lines.filter((line) => !line.startsWith('#'))).toEqual([
      `kubectl set image deployment/api api=${HOST}/axion/api-shop@${digestOf('a')}`,
      `kubectl set image deployment/worker worker=${HOST}/axion/worker-shop@${digestOf('b')}`,
    ]);
    expect(lines[1]).toContain('takes the service for the deployment and its container');
  });

  it('names the single image of a package by the package', () => {
    const single = release([service(undefined, 'a')]);
    expect(textOf('set-image', single)).toContain('deployment/shop shop=');
    expect(Object.keys(parse(textOf('compose', single)).services)).toEqual(['shop']);
  });

  it.each(['kustomize', 'set-image', 'compose'] as const)('begins %s with the release, in a comment', (format) => {
    const [first] = textOf(format, TWO).split('\n');
    expect(first).toBe('# release 12 of shop (latest), 2026-05-31T08:15:00.000Z');
  });

  it('has nothing that a record could make a shell or YAML run', () => {
    const odd = release([service('x; touch pwned', 'a'), service('a: b', 'b')], { tags: ['t\nkubectl delete ns x'] });
    const script = `kubectl() { printf "%s\\n" "$4"; }\n${textOf('set-image', odd)}`;
    const printed = execFileSync('bash', ['-c', script], { encoding: 'utf8' });
    expect(printed.split('\n').filter(Boolean)).toEqual([
      `x; touch pwned=${HOST}/axion/x; touch pwned-shop@${digestOf('a')}`,
      `a: b=${HOST}/axion/a: b-shop@${digestOf('b')}`,
    ]);
    expect(Object.keys(parse(textOf('compose', odd)).services)).toEqual(['x; touch pwned', 'a: b']);
  });
});
