import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JSON_OUTPUTS } from '../../../src/cli/json-output.ts';
import type { PackagePlan } from '../../../src/model/plan.ts';
import { createFixture, moveTag, type OwnFixture, requestedChanges } from '../../pipeline/fixture.ts';

const SERVICES = ['api', 'report', 'worker'];

let fixture: OwnFixture;

beforeAll(async () => {
  fixture = await createFixture({ services: SERVICES });
});
afterAll(() => fixture[Symbol.asyncDispose]());

async function plan(...args: string[]): Promise<PackagePlan> {
  const { code, stdout, stderr } = await fixture.workspace.cli(['plan', '--json', ...args]);
  expect(code, stderr).toBe(0);
  const { packages } = JSON_OUTPUTS.plan.parse(JSON.parse(stdout));
  const [only] = packages;
  if (only === undefined || packages.length > 1) throw new Error(`one package was expected: ${stdout}`);
  return only;
}

const actionsOf = ({ services }: PackagePlan) => services.map(({ name, action }) => `${name} ${action}`);

/** Runs `work`, and checks that nothing was changed by it: in the registry, in its tags, and in the engine. */
async function changesNothing<T>(work: () => Promise<T>): Promise<T> {
  await fixture.harbor.resetTraffic();
  const before = [await fixture.registry.all(), await fixture.workspace.imagesInEngine()];
  const result = await work();
  // A user of Harbor logs in with a POST.
  expect((await requestedChanges(fixture)).filter((change) => change !== 'POST /c/login')).toEqual([]);
  expect([await fixture.registry.all(), await fixture.workspace.imagesInEngine()]).toEqual(before);
  expect(await fixture.workspace.temporaryFiles()).toEqual([]);
  return result;
}

describe('objdocker plan', () => {
  it('says what a run does, and changes nothing', async () => {
    const { workspace } = fixture;
    const first = await changesNothing(() => plan());
    expect(first).toMatchObject({ name: 'shop', tags: ['1.0'], stops: [], warnings: [] });
    expect(first).not.toHaveProperty('release');
    expect(first.services.map(({ action, reasons }) => [action, reasons])).toEqual(
      SERVICES.map(() => ['build', ['no release has it yet']]),
    );

    expect((await workspace.pipeline()).run.release?.number).toBe(1);
    const unchanged = await changesNothing(() => plan());
    expect(unchanged).toMatchObject({ release: 1, stops: [] });
    expect(actionsOf(unchanged)).toEqual(SERVICES.map((name) => `${name} unchanged`));
    const [api] = unchanged.services;
    expect(api).toMatchObject({ release: 1, digest: (await fixture.registry.publicTags())['api-shop:1.0'] });
    expect(Date.parse(api?.built ?? '')).toBeLessThan(Date.now());

    await workspace.change('report');
    const changed = await changesNothing(() => plan());
    expect(actionsOf(changed)).toEqual(['api unchanged', 'report build', 'worker unchanged']);
    expect(changed.services[1]?.reasons).toEqual([expect.stringMatching(/^report\.txt \(COPY, line \d+\)$/)]);
    expect(actionsOf(await plan('--tag', '2.0'))).toEqual(['api reuse', 'report build', 'worker reuse']);
    expect(actionsOf(await plan('--service', 'worker', '--rebuild'))).toEqual(['worker build']);
    expect(actionsOf(await plan('--rebuild-older', '14d'))).toEqual(actionsOf(changed));

    const { stdout } = await workspace.cli(['plan']);
    expect(stdout).toMatch(/^shop 1\.0: 1 to build, 2 unchanged; release 1 is current\n {2}api +unchanged \(since/);
    const dryRun = await changesNothing(() => workspace.cli(['pipeline', '--dry-run']));
    expect(dryRun).toMatchObject({ code: 0, stdout });

    const run = await workspace.pipeline();
    expect(run.run.images.map(({ service, action }) => `${service} ${action}`)).toEqual(actionsOf(changed));
  });

  it('lists every input of a service, and no value of an argument', async () => {
    const { workspace } = fixture;
    const dockerfile = await readFile(workspace.path('Dockerfile'), 'utf8');
    await writeFile(workspace.path('Dockerfile'), dockerfile.replace('AS api\n', 'AS api\nARG TOKEN=s3cret\nRUN :\n'));
    const explained = await changesNothing(() => plan('--explain', 'api'));
    expect(JSON.stringify(explained)).not.toContain('s3cret');
    expect(explained.services).toHaveLength(1);
    const [{ inputs, action } = {}] = explained.services;
    expect(action).toBe('build');
    expect(inputs).toMatchObject({
      stages: ['base', 'api'],
      arguments: expect.arrayContaining(['TOKEN']),
      images: [{ image: 'localhost/busybox:bookworm', digest: expect.stringMatching(/^sha256:/) }],
      unknown: [],
    });
    expect(inputs?.files.map(({ path }) => path)).toContain('api.txt');
    const text = await workspace.cli(['plan', '--explain', 'api']);
    expect(text.stdout).toMatch(/^ {2}arguments +.*TOKEN/m);
    const wrong = await workspace.cli(['plan', '--explain', 'apy']);
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('has no service apy (did you mean "api"?)'),
    ]);
  });

  it('names what would stop a run: a tag that somebody moved, and an older commit', async () => {
    const { workspace, registry } = fixture;
    const git = (...args: string[]) =>
      promisify(execFile)('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
        cwd: workspace.directory,
        env: { ...process.env, ...workspace.env },
      });
    await git('init', '--quiet');
    await git('add', '--all');
    await git('commit', '--quiet', '--message', 'one');
    await workspace.change('api');
    await git('commit', '--quiet', '--all', '--message', 'two');
    expect((await workspace.pipeline()).run.outcome).toBe('passed');
    await git('checkout', '--quiet', 'HEAD~1');
    const older = await plan();
    expect(older.stops.map(({ code }) => code)).toEqual(['RELEASE_NEWER']);
    expect(older.services.map(({ name }) => name)).toEqual(SERVICES);
    const released = (await registry.publicTags())['api-shop:1.0'];
    const others = (await registry.artifacts()).filter(
      ({ repository, digest }) => repository === 'api-shop' && digest !== released,
    );
    await moveTag(fixture, 'axion/api-shop', '1.0', others[0]?.digest ?? '');
    const moved = await changesNothing(() => plan());
    expect(moved.stops.map(({ code }) => code)).toEqual(['RELEASE_NEWER', 'RELEASE_TAG_MOVED']);
    expect(moved.stops[1]?.message).toContain('api-shop:1.0 points to');
  });
});

it('plans all packages, and those that it can when one cannot be planned', async () => {
  const { workspace } = fixture;
  const config = JSON.parse(await readFile(workspace.path('config.yaml'), 'utf8'));
  const { shop } = config;
  const image = { ...shop.deployment.image, repository: 'single', dockerfile: 'Single' };
  delete image.services;
  const gone = { deployment: { ...shop.deployment, image: { ...shop.deployment.image, dockerfile: 'Nowhere' } } };
  await writeFile(workspace.path('Single'), 'FROM scratch\nCOPY api.txt /\n');
  const single = { deployment: { ...shop.deployment, image } };
  await writeFile(workspace.path('several.yaml'), JSON.stringify({ single, gone, shop }));
  const { code, stdout, stderr } = await workspace.cli(['plan', '--json', '--config', 'several.yaml']);
  const { packages } = JSON_OUTPUTS.plan.parse(JSON.parse(stdout));
  expect(packages.map(({ name, error }) => [name, error?.code])).toEqual([
    ['single', undefined],
    ['gone', 'DOCKERFILE_NOT_FOUND'],
    ['shop', undefined],
  ]);
  expect([code, stderr]).toEqual([2, expect.stringContaining('Nowhere')]);
  expect(packages[0]?.services.map(({ name }) => name)).toEqual(['axion/single']);
  const one = await workspace.cli(['plan', '--config', 'several.yaml', 'single']);
  expect([one.code, one.stdout]).toEqual([0, expect.stringContaining('axion/single  build: no release has it yet')]);
});
