import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createHarborProject,
  type HarborProjectOptions,
  type HarborTestProject,
} from '../../harness/harbor-project.ts';
import { startHarbor, type TestHarbor } from '../../harness/harbor-server.ts';
import { makeTlsFiles } from '../../harness/tls-certificates.ts';
import { pushImage } from '../../sandbox/small-images.ts';

const tls = makeTlsFiles();

let harbor: TestHarbor;
let secure: TestHarbor;
let digest: string;

beforeAll(async () => {
  harbor = await startHarbor();
  secure = await startHarbor({ tls });
  digest = await pushImage(harbor, { repository: 'axion/api', tag: '1.0' });
});

afterAll(async () => {
  await harbor[Symbol.asyncDispose]();
  await secure[Symbol.asyncDispose]();
});

/** The error of a failed command. */
interface Failure {
  readonly exit: number;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

async function inProject<T>(
  options: Partial<HarborProjectOptions>,
  work: (project: HarborTestProject) => Promise<T>,
): Promise<T> {
  await using project = await createHarborProject({ host: harbor.host, login: harbor.admin, ...options });
  return await work(project);
}

/** Runs a command that must fail, and returns its JSON error. */
function failureOf(args: readonly string[], options: Partial<HarborProjectOptions> = {}): Promise<Failure> {
  return inProject(options, async (project) => {
    const result = await project.run(['--json', ...args]);
    // The one of the first name, where a command takes several.
    const { error, items } = JSON.parse(result.stdout);
    const { code, message, hint } = error ?? items[0].error;
    expect(result.stderr).toContain('objdocker: ');
    return { exit: result.code ?? -1, code, message, hint };
  });
}

describe('a Harbor command reports', () => {
  it('a wrong password, also for a public project', async () => {
    const failure = await failureOf(['harbor-repos'], { login: { ...harbor.admin, password: 'wrong' } });
    expect(failure).toMatchObject({
      exit: 4,
      code: 'REGISTRY_UNAUTHORIZED',
      message: expect.stringContaining('rejects the credentials of admin'),
      hint: expect.stringContaining('Correct username and password in deployment.registry'),
    });
  });

  it('the robot that lacks a permission', async () => {
    const failure = await failureOf(['harbor-delete', 'api', digest, '--yes'], { login: harbor.robot });
    expect(failure).toMatchObject({
      exit: 4,
      code: 'REGISTRY_FORBIDDEN',
      hint: expect.stringContaining(`Give the robot ${harbor.robot.username} the permission artifact:delete`),
    });
  });

  it('that a robot of a project has no permission for gc', async () => {
    const failure = await failureOf(['harbor-gc'], { login: harbor.robot });
    expect(failure).toMatchObject({
      exit: 4,
      code: 'REGISTRY_FORBIDDEN',
      hint: expect.stringContaining('gc works on every project of that Harbor'),
    });
  });

  it('a missing project, and one without access', async () => {
    const missing = await failureOf(['harbor-repos'], { project: 'nope' });
    expect(missing).toMatchObject({
      exit: 3,
      code: 'REGISTRY_PROJECT_MISSING',
      hint: expect.stringContaining('Create the project'),
    });
    const hidden = await failureOf(['harbor-repos'], { login: harbor.outsider });
    expect(hidden).toMatchObject({
      exit: 4,
      code: 'REGISTRY_FORBIDDEN',
      message: expect.stringContaining('does not exist, or dev lacks the permission repository:list in it'),
    });
  });

  it('a registry that the config describes as a plain one', async () => {
    const failure = await failureOf(['harbor-repos'], { registry: { type: 'registry' } });
    expect(failure).toMatchObject({
      exit: 3,
      code: 'REGISTRY_NOT_HARBOR',
      hint: expect.stringContaining('deployment.registry.type: harbor'),
    });
  });
});

describe('a Harbor command', () => {
  it('reports read-only mode', async () => {
    await harbor.api('PUT', 'configurations', { body: { read_only: true } });
    try {
      const failure = await failureOf(['harbor-delete', 'api', digest, '--yes']);
      expect(failure).toMatchObject({
        exit: 3,
        code: 'REGISTRY_READ_ONLY',
        message: expect.stringContaining('is in read-only mode'),
        hint: expect.stringContaining('Ask its administrator to turn read-only mode off'),
      });
    } finally {
      await harbor.api('PUT', 'configurations', { body: { read_only: false } });
    }
  });

  it('reports a scanner that is down, and neither clean nor not-scanned', async () => {
    await harbor.setDown('trivy');
    try {
      await inProject({}, async (project) => {
        const scan = await project.json('harbor-scan', ['harbor-scan', 'api'], { code: 3 });
        expect(scan.document.state).toBe('scanner-down');
        expect(scan.stderr).toContain('the scanner is missing or down');
        const { document } = await project.json('harbor-artifacts', ['harbor-artifacts', 'api']);
        expect(document.items[0]?.scan?.state).toBe('scanner-down');
      });
      expect(await failureOf(['harbor-trigger-scan', 'api'])).toMatchObject({ exit: 3, code: 'SCANNER_DOWN' });
    } finally {
      await harbor.setDown();
    }
  });

  it('reports status 502 of the proxy', async () => {
    await harbor.failNext({
      count: 100,
      path: '/api/v2.0',
      status: 502,
      headers: { 'content-type': 'text/html' },
      body: '<html><head><title>502 Bad Gateway</title></head></html>',
    });
    const failure = await failureOf(['harbor-repos']);
    await harbor.failNext();
    expect(failure).toMatchObject({
      exit: 3,
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('the proxy in front of'),
      hint: expect.stringContaining('harbor-core'),
    });
  });

  it('retries after status 502', async () => {
    await harbor.failNext({ count: 2, path: '/api/v2.0', status: 502 });
    const { document } = await inProject({}, (project) => project.json('harbor-repos', ['harbor-repos']));
    expect(document.total).toBeGreaterThan(0);
  });

  it('reports a truncated response', async () => {
    await harbor.failNext({ count: 100, path: '/repositories', kind: 'truncate' });
    const failure = await failureOf(['harbor-repos']);
    await harbor.failNext();
    expect(failure).toMatchObject({ exit: 3, code: 'REGISTRY_UNREACHABLE' });
    expect(failure.message).toMatch(/was truncated|closed the connection/);
  });

  it('reports a host that refuses the connection', async () => {
    const failure = await failureOf(['harbor-repos'], { host: await freeHost() });
    expect(failure).toMatchObject({
      exit: 3,
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('refuses the connection'),
    });
  });

  it('warns of a clock that differs', async () => {
    await harbor.setDelays({ clockSkew: 3.5 * 3_600_000 });
    try {
      const { stderr } = await inProject({}, (project) =>
        project.json('harbor-artifacts', ['harbor-artifacts', 'api']),
      );
      expect(stderr).toMatch(/warning: the clock of localhost:\d+ is 3 hours ahead of this machine's/);
    } finally {
      await harbor.setDelays({ clockSkew: 0 });
    }
  });
});

describe('a certificate of a private authority', () => {
  const mirrors = (host: string) => ({ [host]: { endpoint: `https://${host}` } });

  it('is rejected without `ca`, with a hint at the key and the file', async () => {
    const failure = await failureOf(['harbor-repos'], {
      host: secure.host,
      login: secure.admin,
      registry: { mirrors: mirrors(secure.host) },
    });
    expect(failure).toMatchObject({
      exit: 3,
      code: 'REGISTRY_CERTIFICATE',
      hint: expect.stringContaining('deployment.registry.ca: ca.crt'),
    });
    expect(failure.hint).toContain(`/etc/docker/certs.d/${secure.host}/ca.crt`);
  });

  it('is accepted with `ca`', async () => {
    await inProject(
      {
        host: secure.host,
        login: secure.admin,
        registry: { mirrors: mirrors(secure.host), ca: 'ca.crt' },
        files: { 'ca.crt': tls.ca },
      },
      async (project) => {
        expect((await project.json('harbor-repos', ['harbor-repos'])).document.total).toBe(0);
      },
    );
  });

  it('is distinguished from the wrong scheme', async () => {
    const failure = await failureOf(['harbor-repos'], {
      host: harbor.host,
      registry: { mirrors: mirrors(harbor.host) },
    });
    expect(failure).toMatchObject({ exit: 3, code: 'REGISTRY_WRONG_SCHEME' });
  });
});

/** A `host:port` where nothing listens. */
async function freeHost(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `localhost:${typeof address === 'object' ? address?.port : 0}`;
}
