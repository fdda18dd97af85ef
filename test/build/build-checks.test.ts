// BuildKit's own checks: through Debian's buildx, which has none, and through BuildKit 0.34.
import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { objdocker, ROOT } from '../harness/cli.ts';
import { type BuildkitPeer, peerProgram, startBuildkit } from './buildkit-peer.ts';
import { configYaml, Project } from './harness.ts';

const run = promisify(execFile);
let project: Project;
beforeEach(async () => {
  project = await Project.create({ 'config.yaml': configYaml('') }, { env: process.env });
  await cp(join(ROOT, 'test/fixtures/build-checks/Dockerfile'), join(project.folder, 'axion.dockerfile'));
});
afterEach(() => project.remove());

interface Plan {
  readonly checks: {
    readonly warnings: readonly { rule: string; line: number; file: string }[];
    readonly note?: string;
  };
}
interface Preflight {
  readonly checks: readonly { id: string; status: string; detail: string; warnings?: Plan['checks']['warnings'] }[];
}

async function dryRun(...args: string[]): Promise<Plan['checks']> {
  const { code, stdout } = await objdocker(['build', '--dry-run', '--check', '--json', ...args], {
    cwd: project.folder,
    env: peer?.env ?? {},
  });
  expect(code).toBe(0);
  const plan: Plan = JSON.parse(stdout);
  return plan.checks;
}

async function preflightCheck(): Promise<Preflight['checks'][number] | undefined> {
  const { stdout } = await objdocker(['preflight', '--json'], { cwd: project.folder, env: peer?.env ?? {} });
  const { checks }: Preflight = JSON.parse(stdout);
  return checks.find(({ id }) => id === 'build-checks');
}

let peer: BuildkitPeer | undefined;

describe("Debian's buildx", () => {
  it('has no checks, which is said once', async () => {
    const note = expect.stringMatching(/^buildx 0\.13\.\S* cannot ask for build checks: 0\.15 is the first that can$/);
    expect(await dryRun()).toEqual({ warnings: [], note });
    expect(await preflightCheck()).toMatchObject({ status: 'skipped', detail: note });
    const { stdout } = await objdocker(['build', '--dry-run', '--check'], { cwd: project.folder });
    expect(stdout.match(/cannot ask for build checks/g)).toHaveLength(1);
  });
});

it('needs --dry-run', async () => {
  const { code, stderr } = await objdocker(['build', '--check'], { cwd: project.folder });
  expect([code, stderr]).toEqual([2, expect.stringContaining('--check needs --dry-run')]);
});

const buildkitd = peerProgram('buildkitd');
const buildx = peerProgram('buildx');
describe.skipIf(buildkitd === undefined || buildx === undefined)('BuildKit 0.34 with buildx 0.38', () => {
  beforeAll(async () => {
    peer = await startBuildkit({ buildkitd: buildkitd ?? '', buildx: buildx ?? '' });
  });
  afterAll(async () => {
    await peer?.[Symbol.asyncDispose]();
    peer = undefined;
  });

  it('gives the warnings that docker build --check prints, with rule and line', async () => {
    const { warnings, note } = await dryRun('--builder', 'peer');
    expect(note).toBeUndefined();
    expect(new Set(warnings.map(({ file }) => file))).toEqual(new Set([join(project.folder, 'axion.dockerfile')]));
    const ours = warnings.map(({ rule, line }) => `${rule} ${line}`);

    // It ends with 1 when there is a warning.
    const failed: unknown = await run(
      'docker',
      ['buildx', 'build', '--builder', 'peer', '--check', '--file', 'axion.dockerfile', '.'],
      { cwd: project.folder, env: peer?.env },
    ).catch((error: unknown) => error);
    const printed = failed instanceof Error && 'stdout' in failed ? String(failed.stdout) : '';
    const theirs = [...printed.matchAll(/^WARNING: (\w+).*\n.*\n.*:(\d+)$/gm)].map(
      ([, rule, line]) => `${rule} ${line}`,
    );
    expect(theirs).toHaveLength(6);
    expect([...ours].sort()).toEqual(theirs.sort());
  });

  it('gives them to preflight, too', async () => {
    project = await replaced(project, configYaml(', builder: peer'));
    expect(await preflightCheck()).toMatchObject({
      status: 'warning',
      detail: expect.stringMatching(/^6 warnings \(.*UndefinedVar/),
      warnings: { length: 6 },
    });
    const { stdout } = await objdocker(['preflight'], { cwd: project.folder, env: peer?.env ?? {} });
    expect(stdout).toMatch(/axion\.dockerfile:6: UndefinedVar: Usage of undefined variable '\$NO'/);
  });

  it('is not asked about a service that is not built', async () => {
    const { warnings } = await dryRun('--builder', 'peer', '--service', 'web');
    expect(warnings.map(({ rule }) => rule)).not.toContain('UndefinedVar');
  });
});

async function replaced(before: Project, config: string): Promise<Project> {
  const made = await Project.create({ 'config.yaml': config }, { env: process.env });
  await cp(join(before.folder, 'axion.dockerfile'), join(made.folder, 'axion.dockerfile'));
  await before.remove();
  return made;
}
