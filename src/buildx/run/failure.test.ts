import { describe, expect, it } from 'vitest';
import { samplePlan } from '../../../test/build/sample-plan.ts';
import { BuildProgress } from '../progress/progress.ts';
import { buildFailure } from './failure.ts';

function failure(options: { name?: string; error?: string; log?: string; text?: readonly string[] }) {
  const progress = new BuildProgress({
    emit: () => {},
    redact: (text) => text.replaceAll('hunter2', '***'),
    targets: [],
  });
  if (options.name !== undefined) {
    progress.vertex({ id: 'v', name: options.name, startedMs: 1 });
    if (options.log !== undefined) progress.log({ id: 'v', stream: 'stdout', text: options.log });
    progress.vertex({
      id: 'v',
      completedMs: 2,
      error: options.error ?? 'process did not complete successfully: exit code: 1',
    });
  }
  for (const line of options.text ?? []) progress.text(line);
  return buildFailure(samplePlan(), progress, { exitCode: 1 });
}

describe('buildFailure', () => {
  it('has the line that BuildKit prints', () => {
    const error = failure({
      name: '[api 3/3] RUN pip install .',
      log: 'Collecting\nlast hunter2 words',
      text: [
        'axion.dockerfile:9',
        '-------',
        '   9 | >>> RUN pip install .',
        'ERROR: failed to solve: process "/bin/sh" did not complete',
      ],
    });
    expect(error.code).toBe('BUILD_FAILED');
    expect(error.message).toBe('/project/axion.dockerfile:9: RUN pip install . failed (stage "api"): exit code 1');
    expect(error.details).toMatchObject({
      stage: 'api',
      step: 'RUN pip install .',
      line: 9,
      logTail: ['Collecting', 'last *** words'],
    });
  });

  it('is not that of a cache that was not there, which every first build meets', () => {
    const progress = new BuildProgress({ emit: () => {}, redact: (text) => text, targets: [] });
    progress.vertex({ id: 'cache', name: 'importing cache manifest from h/api:buildcache', startedMs: 1 });
    progress.vertex({ id: 'cache', completedMs: 2, error: 'h/api:buildcache: not found' });
    progress.vertex({ id: 'run', name: '[builder 1/1] RUN make', startedMs: 2 });
    progress.vertex({ id: 'run', completedMs: 3, error: 'process did not complete successfully: exit code: 2' });
    expect(buildFailure(samplePlan(), progress, { exitCode: 1 }).message).toBe(
      '/project/axion.dockerfile:3: RUN make failed (stage "builder"): exit code 2',
    );
  });

  it('is that of the step that failed first, and names the others after it', () => {
    const progress = new BuildProgress({ emit: () => {}, redact: (text) => text, targets: [] });
    const failed = 'process did not complete successfully: exit code: 1';
    progress.vertex({ id: 'later', name: '[api 3/3] RUN pip install .', startedMs: 1 });
    progress.vertex({ id: 'first', name: '[builder 1/1] RUN make', startedMs: 2 });
    progress.log({ id: 'first', stream: 'stderr', text: 'no rule to make target' });
    progress.vertex({ id: 'later', completedMs: 9, error: failed });
    progress.vertex({ id: 'first', completedMs: 8, error: failed.replace('1', '2') });
    progress.text('axion.dockerfile:9');
    progress.text(
      'ERROR: target api: failed to solve: process "/bin/sh -c pip" did not complete successfully: exit code: 1',
    );
    const error = buildFailure(samplePlan(), progress, { exitCode: 1 });
    expect(error.message).toBe(
      '/project/axion.dockerfile:3: RUN make failed (stage "builder"): exit code 2. Then failed: RUN pip install . (line 9, stage "api")',
    );
    expect(error.details).toMatchObject({
      stage: 'builder',
      line: 3,
      logTail: ['no rule to make target'],
      alsoFailed: [{ stage: 'api', step: 'RUN pip install .', line: 9 }],
    });
  });

  it('finds the line when the client prints none', () => {
    expect(failure({ name: '[builder 1/1] RUN make' }).details.line).toBe(3);
  });

  it('keeps the last twenty lines', () => {
    const log = Array.from({ length: 50 }, (_, index) => `line ${index}`).join('\n');
    const tail = failure({ name: '[api 3/3] RUN x', log }).details.logTail;
    expect(tail).toHaveLength(20);
    expect(tail).toContain('line 49');
  });

  it('shortens a long instruction', () => {
    expect(failure({ name: `[api 3/3] RUN ${'x'.repeat(5000)}` }).message.length).toBeLessThan(250);
  });

  it.each([
    ['dockerfile parse error on line 4: unknown instruction: RUNN', 'BUILD_FAILED', /:4: dockerfile parse error/],
    ['target stage "nope" could not be found', 'BUILD_FAILED', /target stage "nope"/],
  ])('reads %j, which belongs to no step', (reason, code, message) => {
    const error = failure({ text: [`ERROR: failed to solve: ${reason}`] });
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it.each([
    ['failed to copy: write /var/lib/docker/x: no space left on device', 'ENGINE_DISK_FULL', 'docker builder prune'],
    ['error during connect: Post "http://…": EOF', 'ENGINE_UNREACHABLE', 'journalctl'],
    [
      'Cannot connect to the Docker daemon at unix:///x.sock. Is the docker daemon running?',
      'ENGINE_UNREACHABLE',
      'journalctl',
    ],
    // The legacy builder and Engine 20.10, when the engine is killed during a build.
    ['unexpected EOF', 'ENGINE_UNREACHABLE', 'journalctl'],
    [
      'listing workers for Build: failed to list workers: Unavailable: error reading from server: read unix @->/run/docker.sock: read: connection reset by peer',
      'ENGINE_UNREACHABLE',
      'journalctl',
    ],
    // buildx, when the engine is killed before the build begins.
    [
      'Get "http://%2Frun%2Fdocker.sock/v1.45/version": context canceled: driver not connecting',
      'ENGINE_UNREACHABLE',
      'journalctl',
    ],
    ['cannot write /tmp/b/image-id because server did not provide an image ID', 'ENGINE_UNREACHABLE', 'journalctl'],
    [
      'h/base:1: unexpected status from HEAD request to https://h/v2/: 401 Unauthorized',
      'REGISTRY_UNAUTHORIZED',
      'login',
    ],
    ['h/base:1: pull access denied: authorization failed: no basic auth credentials', 'REGISTRY_UNAUTHORIZED', 'login'],
    ['importing cache manifest from h/c failed: unexpected status: 500', 'BUILD_FAILED', 'image.cacheFrom'],
    ['failed to push h/x:1: unauthorized: authentication required', 'REGISTRY_UNAUTHORIZED', 'docker login'],
    ['failed to push h/x:1: server gave HTTP response to HTTPS client', 'PUSH_FAILED', 'insecure-registries'],
    ['python:3: toomanyrequests: You have reached your pull rate limit', 'BUILD_FAILED', 'Docker Hub limits'],
    ['pull access denied, repository does not exist or may require authorization', 'BUILD_FAILED', 'denied the pull'],
    ['lookup registry-1.docker.io: no such host', 'BUILD_FAILED', 'image.baseImage'],
    ['x: no match for platform in manifest: not found', 'BUILD_FAILED', 'exists for that platform'],
    ['process "/bin/sh" did not complete: exec format error', 'BUILD_FAILED', 'QEMU'],
    ['failed to compute cache key: "/nope.txt": not found', 'BUILD_FAILED', 'build context'],
  ])('%j is %s', (reason, code, hint) => {
    const error = failure({ text: [`ERROR: failed to solve: ${reason}`] });
    expect(error.code).toBe(code);
    expect(error.hint).toContain(hint);
  });

  it('does not read the text or output of a command as a registry error', () => {
    const error = failure({
      name: '[api 3/3] RUN pip install x',
      error: 'process "/bin/sh -c pip install x || echo no such host" did not complete successfully: exit code: 1',
      log: 'pypi.org: connection refused\n',
      text: [
        'ERROR: failed to solve: process "/bin/sh -c pip || echo no such host" did not complete successfully: exit code: 1',
      ],
    });
    expect(error).toMatchObject({ code: 'BUILD_FAILED', hint: 'Read the last lines of the step.' });
  });

  it('finds a full disk in the output of the step', () => {
    expect(failure({ name: '[api 3/3] RUN dd', log: "dd: error writing '/x': No space left on device\n" }).code).toBe(
      'ENGINE_DISK_FULL',
    );
  });

  // BuildKit of Engine 26, of Engine 20.10, and the legacy builder.
  it.each([
    { name: '[internal] load metadata for docker.io/library/bulder:latest', error: 'pull access denied' },
    {
      text: ['ERROR: failed to solve: docker.io/library/bulder:latest: failed to do request: no such host'],
    },
    { text: ['invalid from flag value bulder: pull access denied for bulder, repository does not exist'] },
    { text: ['pull access denied for bulder, repository does not exist or may require docker login'] },
  ])('tells a mistyped stage instead of blaming Docker Hub: %j', (options) => {
    expect(failure(options).hint).toBe(
      'No stage above that line is named "bulder", so the builder looked for an image. Did you mean the stage "builder"?',
    );
  });

  it('names a base image that cannot be pulled', () => {
    const error = failure({
      name: '[internal] load metadata for docker.io/library/python:3.12',
      error: 'failed to do request: no such host',
    });
    expect(error.message).toContain('cannot pull the base image docker.io/library/python:3.12: failed to do request');
  });
});
