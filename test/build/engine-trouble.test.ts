import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { EnvironmentVariables } from '../../src/lib/process/exec.ts';
import { configYaml, makeShell, Project, sandboxEngine, sandboxEngineDown } from './harness.ts';

const ENGINE = 'build-trouble';
const run = promisify(execFile);

let shell: string;
let env: EnvironmentVariables;
let projects: Project[] = [];
beforeAll(async () => {
  shell = await makeShell(process.env);
  env = await sandboxEngine(ENGINE, '--data-root-size', '64m');
});
afterEach(async () => {
  await Promise.all(projects.map((project) => project.remove()));
  projects = [];
});
afterAll(async () => {
  await rm(shell, { recursive: true });
  await sandboxEngineDown(ENGINE);
});

async function project(dockerfile: string): Promise<Project> {
  const made = await Project.create(
    { 'config.yaml': configYaml(''), 'axion.dockerfile': `FROM scratch\nCOPY sh /bin/sh\n${dockerfile}` },
    { env, shell },
  );
  projects.push(made);
  return made;
}

it('reports an engine that stops during a build', async () => {
  const demo = await project('RUN echo started; sleep 63.5\n');
  let killed: Promise<unknown> | undefined;
  const { error } = await demo.build({
    onEvent: (event) => {
      if (event.type === 'log' && event.line === 'started')
        killed ??= run('script/sandbox', ['engine', 'kill', ENGINE]);
    },
  });
  await killed;
  expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  expect(await demo.leftBehind()).toEqual([]);
});

it('reports an engine that is not running', async () => {
  const demo = await project('RUN true\n');
  const { error } = await demo.build();
  expect(error).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
});

it('reports a full disk, and how to free space', async () => {
  env = await sandboxEngine(ENGINE, '--data-root-size', '64m');
  const demo = await project('RUN dd if=/dev/zero of=/big bs=1M count=200\n');
  const { error } = await demo.build();
  expect(error).toMatchObject({ code: 'ENGINE_DISK_FULL', hint: expect.stringContaining('docker builder prune') });
  expect(error?.details.line).toBe(3);
  expect(await demo.leftBehind()).toEqual([]);
});
