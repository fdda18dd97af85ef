import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { PipelineRun } from '../../src/model/pipeline-run.ts';
import { type RunningServices, startServices } from '../example/running.ts';
import { EXAMPLE, SERVICES } from '../example/services.ts';
import { type CliResult, objdocker } from '../harness/cli.ts';
import { startHarbor, type TestHarbor } from '../harness/harbor-server.ts';
import { createProject, type Project } from '../harness/project.ts';
import { docker } from '../harness/sandbox.ts';
import { type RegistryView, viewRegistry } from './registry-view.ts';

let harbor: TestHarbor;
let registry: RegistryView;
let running: RunningServices | undefined;

beforeAll(async () => {
  harbor = await startHarbor();
  registry = viewRegistry(harbor);
});
afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
  await removeImages();
  await harbor?.[Symbol.asyncDispose]();
});

async function removeImages(): Promise<void> {
  const ids = await docker(['images', '--quiet', '--no-trunc', `${harbor?.host}/axion/*`]);
  if (ids !== '') await docker(['rmi', '--force', ...new Set(ids.split('\n'))]);
}

/** The example's own config for a machine without Docker Hub, with a policy. */
async function configWith(scan: object): Promise<Project> {
  const config = parse(await readFile(join(EXAMPLE, 'config.sandbox.yaml'), 'utf8'));
  const { image, ...deployment } = config.homechoice.deployment;
  image.context = EXAMPLE;
  image.dockerfile = join(EXAMPLE, image.dockerfile);
  return createProject({
    'config.yaml': stringify({ homechoice: { deployment: { ...deployment, image, scan } } }),
  });
}

async function pipeline(scan: object): Promise<{ run: PipelineRun; result: CliResult }> {
  await using project = await configWith(scan);
  const env = {
    OBJDOCKER_SANDBOX_HARBOR: harbor.host,
    OBJDOCKER_SANDBOX_HARBOR_USERNAME: harbor.admin.username,
    OBJDOCKER_SANDBOX_HARBOR_PASSWORD: harbor.admin.password,
  };
  const result = await objdocker(['pipeline', '--json'], { cwd: project.directory, env });
  return { run: JSON.parse(result.stdout) as PipelineRun, result };
}

it('is rejected for the findings of its base image, and released when each one is allowed', async () => {
  const rejected = await pipeline({ failOn: 'critical' });
  expect([rejected.run.outcome, rejected.result.code], rejected.result.stderr).toEqual(['rejected', 1]);
  expect(await registry.publicTags()).toEqual({});
  const ids = new Set(rejected.run.verdict?.images.flatMap(({ rejecting }) => rejecting.map(({ id }) => id)));
  expect(ids.size).toBeGreaterThan(0);
  const allow = [...ids].map((id) => ({ id, reason: 'not reached by the services' }));
  const { run, result } = await pipeline({ failOn: 'critical', allow });
  expect([run.outcome, result.code], result.stderr).toEqual(['passed', 0]);
  const released = Object.fromEntries(
    run.images.map(({ repository, digest }) => [`${repository.slice('axion/'.length)}:${run.tags[0]}`, digest]),
  );
  expect(Object.keys(released).toSorted()).toEqual(
    SERVICES.map(({ target }) => `${target}-homechoice:${run.tags[0]}`).toSorted(),
  );
  expect(await registry.publicTags()).toEqual(released);
  expect(Object.keys(await registry.recordTags())).toEqual(['homechoice-releases:1', 'homechoice-releases:1.end']);

  // The services run from images that are pulled by digest.
  await removeImages();
  const open = await harbor.api('PUT', 'projects/axion', { body: { metadata: { public: 'true' } } });
  expect(open.status).toBe(200);
  const digests = new Map(run.images.map(({ service, repository, digest }) => [service, `${repository}@${digest}`]));
  running = await startServices((target) => `${harbor.host}/${digests.get(target)}`);
  for (const { name } of SERVICES) expect(await running.health(name), name).toBe('healthy');
});
