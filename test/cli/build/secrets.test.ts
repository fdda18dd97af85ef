import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, objdocker } from '../../harness/cli.ts';
import { watchCommandLines } from '../../harness/command-lines.ts';
import { configYaml, createProject, type Project } from '../../harness/project.ts';
import { docker, type SandboxRegistry, startRegistry } from '../../harness/sandbox.ts';

const USERNAME = 'robot$axion+ci';
const PASSWORD = `pw-${randomBytes(12).toString('hex')}`;
const BUILD_SECRET = `bs-${randomBytes(12).toString('hex')}`;
const FILE_PASSWORD = `fp-${randomBytes(12).toString('hex')}`;
const SECRET_FILE = `sf-${randomBytes(12).toString('hex')}`;
/** The passwords in every encoding in which they are sent or stored. */
const NEEDLES = [PASSWORD, BUILD_SECRET, FILE_PASSWORD, SECRET_FILE].flatMap((text) => [
  text,
  ...[text, `${USERNAME}:${text}`].flatMap((plain) => [base64(plain, 'base64'), base64(plain, 'base64url')]),
]);

const DOCKERFILE = `ARG BASE=localhost/busybox:bookworm
FROM \${BASE} AS web
COPY . .
RUN --mount=type=secret,id=token test "$(cat /run/secrets/token)" != "" && echo built > /built
RUN --mount=type=secret,id=token --mount=type=secret,id=netrc rev app.txt; cat /run/secrets/token /run/secrets/netrc
FROM \${BASE} AS worker
COPY . /app/
`;

let registry: SandboxRegistry;
let project: Project;
let temp: string;
let build: CliResult;
let push: CliResult;
let commandLines: string;
const references: string[] = [];

beforeAll(async () => {
  registry = await startRegistry({ username: USERNAME, password: PASSWORD });
  const config = JSON.parse(
    configYaml({
      host: registry.host,
      username: USERNAME,
      password: PASSWORD,
      image: {
        // The build needs the login for it, too.
        cacheTo: [`type=registry,ref=${registry.host}/cache:{service}`],
        secrets: { token: { env: 'OBJDOCKER_TEST_TOKEN' }, netrc: { file: 'netrc' } },
      },
    }),
  );
  config.shop.deployment.registry.pull = { username: 'node', passwordFile: 'secrets/pull-password' };
  project = await createProject({
    Dockerfile: DOCKERFILE,
    'config.yaml': JSON.stringify(config, null, 2),
    'secrets/pull-password': `${FILE_PASSWORD}\n`,
    // Includes both files again: ObjDocker must exclude them anyway.
    '.dockerignore': '*\n!config.yaml\n!secrets\n!app.txt\n',
    netrc: `machine example.com\nlogin ci\npassword ${SECRET_FILE}\n`,
    // Reversed, so that a build step can print the passwords although no file of the context contains them.
    'app.txt': `application\n${[...`\n${PASSWORD} ${FILE_PASSWORD}`].reverse().join('')}\n`,
  });
  temp = project.path('tmp');
  await mkdir(temp);
  const options = {
    cwd: project.directory,
    env: { OBJDOCKER_TEST_TOKEN: BUILD_SECRET, TMPDIR: temp, DEBUG: 'modem*' },
  };
  const watch = watchCommandLines();
  build = await objdocker(['build', '--no-cache', '--verbose', '--json', '--progress', 'plain'], options);
  push = await objdocker(['push', '--verbose', '--json'], options);
  commandLines = await watch.stop();
  if (build.code === 0) for (const { reference } of JSON.parse(build.stdout).images) references.push(reference);
});

afterAll(async () => {
  if (references.length > 0) await docker(['rmi', '--force', ...references]);
  await project[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
});

describe('build and push with passwords', () => {
  it('succeed', () => {
    expect(build, build.stderr).toMatchObject({ code: 0 });
    expect(push, push.stderr).toMatchObject({ code: 0 });
    expect(references).toHaveLength(2);
  });

  it('mask them in all output, even with --verbose when a build step prints them', () => {
    expect(build.stderr).toContain('noitacilppa');
    expect(build.stderr).toMatch(/\| \*\*\* \*\*\*$/m);
    for (const { stdout, stderr } of [build, push]) expectNoSecret('output', stdout + stderr);
  });

  it('pass none on a command line', () => {
    expect(commandLines).toContain('bake');
    expectNoSecret('command lines', commandLines);
  });

  it('leave none in the history and labels of an image', async () => {
    for (const reference of references) {
      expectNoSecret('history', await docker(['history', '--no-trunc', reference]));
      expectNoSecret('inspect', await docker(['inspect', reference]));
    }
  });

  it('leave none in the layer of a COPY . .', async () => {
    for (const reference of references) {
      const archive = await docker([
        'run',
        '--rm',
        '--entrypoint',
        '/bin/busybox',
        reference,
        'tar',
        '-cf',
        '-',
        ...(reference.includes('web') ? ['/app.txt'] : ['/app']),
      ]);
      expect(archive).toContain('application');
      expectNoSecret('files', archive);
    }
  });

  it('leave none in the registry', async () => {
    const blobs = await filesBelow(join(registry.directory, 'data'));
    expect(blobs.length).toBeGreaterThan(4);
    for (const { path, bytes } of blobs) expectNoSecret(path, bytes.toString('latin1'));
  });

  it('leave no temporary files', async () => {
    expect(await readdir(temp)).toEqual([]);
  });
});

function expectNoSecret(where: string, text: string): void {
  const found = NEEDLES.filter((needle) => text.includes(needle));
  expect(found, `a secret in the ${where}`).toEqual([]);
}

async function filesBelow(directory: string): Promise<{ path: string; bytes: Buffer }[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        const bytes = await readFile(path);
        return { path, bytes: bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes };
      }),
  );
}

function base64(text: string, encoding: 'base64' | 'base64url'): string {
  return Buffer.from(text).toString(encoding).replace(/=+$/, '');
}
