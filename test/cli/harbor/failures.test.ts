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

/** What a command says when it fails. */
interface Said {
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

/** Runs a command that has to fail, with and without `--json`: both say the same. */
function failureOf(args: readonly string[], options: Partial<HarborProjectOptions> = {}): Promise<Said> {
  return inProject(options, async (project) => {
    const result = await project.run(['--json', ...args]);
    const { error } = JSON.parse(result.stdout);
    expect(result.stderr).toContain('objdocker: ');
    return { exit: result.code ?? -1, code: error.code, message: error.message, hint: error.hint };
  });
}

describe('whoever asks', () => {
  it('with a wrong password is not shown what is public', async () => {
    const said = await failureOf(['harbor-repos'], { login: { ...harbor.admin, password: 'wrong' } });
    expect(said).toMatchObject({
      exit: 4,
      code: 'REGISTRY_UNAUTHORIZED',
      message: expect.stringContaining('rejects the credentials of admin'),
      hint: expect.stringContaining('Correct username and password of deployment.registry'),
    });
  });

  it('as a robot without the permission is told whose permission is missing', async () => {
    const said = await failureOf(['harbor-delete', 'api', digest, '--yes'], { login: harbor.robot });
    expect(said).toMatchObject({
      exit: 4,
      code: 'REGISTRY_FORBIDDEN',
      hint: expect.stringContaining(`Give the robot ${harbor.robot.username} this permission`),
    });
  });

  it('refuses gc to a robot of a project', async () => {
    const said = await failureOf(['harbor-gc'], { login: harbor.robot });
    expect(said).toMatchObject({
      exit: 4,
      code: 'REGISTRY_FORBIDDEN',
      hint: expect.stringContaining('It concerns every project of that Harbor'),
    });
  });

  it('in a project that is not there, or not for them, is told which it is', async () => {
    const missing = await failureOf(['harbor-repos'], { project: 'nope' });
    expect(missing).toMatchObject({
      exit: 3,
      code: 'REGISTRY_PROJECT_MISSING',
      hint: expect.stringContaining('Create it'),
    });
    const hidden = await failureOf(['harbor-repos'], { login: harbor.outsider });
    expect(hidden).toMatchObject({
      exit: 4,
      code: 'REGISTRY_FORBIDDEN',
      message: expect.stringContaining('does not exist, or dev has no permission for this in it'),
    });
  });

  it('says Harbor of a plain registry is sent back to the config', async () => {
    const said = await failureOf(['harbor-repos'], { registry: { type: 'registry' } });
    expect(said).toMatchObject({
      exit: 3,
      code: 'REGISTRY_NOT_HARBOR',
      hint: expect.stringContaining('deployment.registry.type: harbor'),
    });
  });
});

describe('a Harbor that cannot', () => {
  it('is in read-only mode', async () => {
    await harbor.api('PUT', 'configurations', { body: { read_only: true } });
    try {
      const said = await failureOf(['harbor-delete', 'api', digest, '--yes']);
      expect(said).toMatchObject({
        exit: 3,
        code: 'REGISTRY_READ_ONLY',
        message: expect.stringContaining('is in read-only mode'),
        hint: expect.stringContaining('Ask its administrator to lift it'),
      });
    } finally {
      await harbor.api('PUT', 'configurations', { body: { read_only: false } });
    }
  });

  it('has a scanner that is down: neither clean nor unscanned', async () => {
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

  it('answers with the 502 page of its proxy', async () => {
    await harbor.failNext({
      count: 100,
      path: '/api/v2.0',
      status: 502,
      headers: { 'content-type': 'text/html' },
      body: '<html><head><title>502 Bad Gateway</title></head></html>',
    });
    const said = await failureOf(['harbor-repos']);
    await harbor.failNext();
    expect(said).toMatchObject({
      exit: 3,
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('the proxy in front of'),
      hint: expect.stringContaining('harbor-core'),
    });
  });

  it('answers with 502 for a moment only, and is asked again', async () => {
    await harbor.failNext({ count: 2, path: '/api/v2.0', status: 502 });
    const { document } = await inProject({}, (project) => project.json('harbor-repos', ['harbor-repos']));
    expect(document.total).toBeGreaterThan(0);
  });

  it('answers with JSON that is cut short', async () => {
    await harbor.failNext({ count: 100, path: '/repositories', kind: 'truncate' });
    const said = await failureOf(['harbor-repos']);
    await harbor.failNext();
    expect(said).toMatchObject({ exit: 3, code: 'REGISTRY_UNREACHABLE' });
    expect(said.message).toMatch(/was truncated|closed the connection/);
  });

  it('is not there', async () => {
    const said = await failureOf(['harbor-repos'], { host: await freeHost() });
    expect(said).toMatchObject({
      exit: 3,
      code: 'REGISTRY_UNREACHABLE',
      message: expect.stringContaining('refuses the connection'),
    });
  });

  it('has a clock that is off: it works, and the user is told', async () => {
    await harbor.setDelays({ clockSkew: 3 * 3_600_000 });
    try {
      const { stderr } = await inProject({}, (project) =>
        project.json('harbor-artifacts', ['harbor-artifacts', 'api']),
      );
      expect(stderr).toMatch(/warning: the clock of localhost:\d+ is 1(79|80) minutes ahead of this machine's/);
    } finally {
      await harbor.setDelays({ clockSkew: 0 });
    }
  });
});

describe('a certificate of its own authority', () => {
  const mirrors = (host: string) => ({ [host]: { endpoint: `https://${host}` } });

  it('is not trusted without `ca`; the hint names the key and the file', async () => {
    const said = await failureOf(['harbor-repos'], {
      host: secure.host,
      login: secure.admin,
      registry: { mirrors: mirrors(secure.host) },
    });
    expect(said).toMatchObject({
      exit: 3,
      code: 'REGISTRY_CERTIFICATE',
      hint: expect.stringContaining('deployment.registry.ca: ca.crt'),
    });
    expect(said.hint).toContain(`/etc/docker/certs.d/${secure.host}/ca.crt`);
  });

  it('is trusted with `ca`', async () => {
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

  it('and the wrong scheme are two things', async () => {
    const said = await failureOf(['harbor-repos'], {
      host: harbor.host,
      registry: { mirrors: mirrors(harbor.host) },
    });
    expect(said).toMatchObject({ exit: 3, code: 'REGISTRY_WRONG_SCHEME' });
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
