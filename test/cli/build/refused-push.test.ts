import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { objdocker } from '../../harness/cli.ts';
import { startHarbor, type TestHarbor } from '../../harness/harbor-server.ts';
import { configYaml, createProject } from '../../harness/project.ts';
import { docker } from '../../harness/sandbox.ts';

// The sandbox's engine has the containerd store, which drops the body of a 403.
describe('a push that Harbor refuses with 403', () => {
  let harbor: TestHarbor;
  beforeAll(async () => {
    harbor = await startHarbor();
  });
  afterAll(() => harbor[Symbol.asyncDispose]());

  it.each([
    [
      'a quota',
      'adding 1.2 MiB of storage resource will exceed the configured upper limit of 1.0 KiB.',
      'REGISTRY_QUOTA',
      3,
    ],
    ['read-only mode', 'The system is in read only mode. Any modification is prohibited.', 'REGISTRY_READ_ONLY', 3],
    ['a proxy cache', 'can not push artifact to a proxy project: axion', 'REGISTRY_FORBIDDEN', 4],
  ])('is explained: %s', async (_what, message, code, exitCode) => {
    const repository = `refused-${randomBytes(4).toString('hex')}`;
    await using project = await createProject({
      Dockerfile: 'FROM scratch\nCOPY file /file\n',
      file: randomBytes(16).toString('hex'),
      'config.yaml': configYaml({ host: harbor.host, type: 'harbor', project: 'axion', repository, ...harbor.admin }),
    });
    const built = await objdocker(['build'], { cwd: project.directory });
    expect(built.code, built.stderr).toBe(0);
    await harbor.failNext({
      path: '/blobs/uploads/',
      kind: 'status',
      status: 403,
      count: 1000,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ errors: [{ code: 'DENIED', message }] }),
    });
    try {
      const pushed = await objdocker(['push', '--json'], { cwd: project.directory });
      expect(JSON.parse(pushed.stdout).error).toMatchObject({ code, message: expect.stringContaining(message) });
      expect(pushed.code).toBe(exitCode);
    } finally {
      await harbor.failNext();
      await docker(['rmi', `${harbor.host}/axion/${repository}:test`]).catch(() => '');
    }
  });

  it('is told with the credential helper that is not installed', async () => {
    const repository = `refused-${randomBytes(4).toString('hex')}`;
    await using project = await createProject({
      Dockerfile: 'FROM scratch\nCOPY file /file\n',
      file: randomBytes(16).toString('hex'),
      'docker/config.json': JSON.stringify({ credHelpers: { [harbor.host]: 'missing' } }),
      'config.yaml': configYaml({ host: harbor.host, type: 'harbor', project: 'axion', repository }),
    });
    const options = { cwd: project.directory, env: { DOCKER_CONFIG: project.path('docker') } };
    try {
      expect(await objdocker(['build'], options)).toMatchObject({ code: 0 });
      const { code, stderr } = await objdocker(['push'], options);
      expect(code).toBe(4);
      expect(stderr.split('docker-credential-missing')).toHaveLength(2);
      expect(stderr.indexOf('docker-credential-missing')).toBeLessThan(stderr.indexOf('cannot push'));
    } finally {
      await docker(['rmi', `${harbor.host}/axion/${repository}:test`]).catch(() => '');
    }
  });
});
