import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMAND_PERMISSIONS, type CommandPermissions } from '../../src/harbor/permissions.ts';
import { createHarborProject, createRobot } from '../harness/harbor-project.ts';
import { type Account, startHarbor, type TestHarbor } from '../harness/harbor-server.ts';
import { createWorkspace } from '../pipeline/workspace.ts';
import { pushImage } from '../sandbox/small-images.ts';

type Command = keyof typeof COMMAND_PERMISSIONS;

/** The arguments of each command. A command that changes something gets a new artifact. */
const ARGUMENTS: Readonly<Partial<Record<Command, (digest: string) => readonly string[]>>> = {
  plan: () => ['plan'],
  gate: () => ['gate', 'api:1.0'],
  gateRescan: () => ['gate', 'old:1.0', '--rescan=force'],
  diff: () => ['diff', '1', '2'],
  diffRescan: () => ['diff', '1', '2', '--rescan=force'],
  repos: () => ['harbor-repos'],
  artifacts: () => ['harbor-artifacts', 'api'],
  scan: () => ['harbor-scan', 'api:1.0'],
  triggerScan: () => ['harbor-trigger-scan', 'api:1.0'],
  triggerScanAndWait: () => ['harbor-trigger-scan', 'api:1.0', '--wait'],
  sbom: () => ['harbor-sbom', 'api:1.0'],
  triggerSbom: () => ['harbor-sbom', 'api:1.0', '--trigger'],
  delete: (digest) => ['harbor-delete', 'change', digest, '--yes'],
  untag: () => ['harbor-untag', 'change:1.0'],
  gc: () => ['harbor-gc', '--dry-run'],
  gcAndWait: () => ['harbor-gc', '--dry-run', '--wait'],
  gcHistory: () => ['harbor-gc', '--history'],
};

const CASES = Object.entries(ARGUMENTS).map(([name, args]) => ({
  ...(COMMAND_PERMISSIONS[name as Command] as CommandPermissions),
  args,
}));

let harbor: TestHarbor;
let robots = 0;
beforeAll(async () => {
  harbor = await startHarbor({ version: '2.15', delays: { scanTime: 20 } });
  await pushImage(harbor, { repository: 'axion/api', tag: '1.0' });
  await pushImage(harbor, { repository: 'axion/old', tag: '1.0' });
  await using project = await createHarborProject({ host: harbor.host, login: harbor.admin });
  for (const name of ['api:1.0', 'old:1.0']) {
    const { code, stderr } = await project.run(['harbor-trigger-scan', name, '--wait']);
    expect(code, stderr).toBe(0);
  }
  const { code, stderr } = await project.run(['harbor-sbom', 'api:1.0', '--trigger']);
  expect(code, stderr).toBe(0);
  await using workspace = await createWorkspace({ host: harbor.host, login: harbor.admin, services: ['web'] });
  for (const _ of ['first', 'second']) {
    await workspace.change();
    const result = await workspace.pipeline();
    expect(result.code, result.stderr).toBe(0);
  }
  // The plan of a package without a release reads nothing of it. This one is current, after those that diff compares.
  const release = await project.run(['pipeline', '--json']);
  expect(release.code, release.stdout + release.stderr).toBe(0);
});
afterAll(() => harbor[Symbol.asyncDispose]());

describe.each(CASES)('$command', ({ needs, args }) => {
  const runAs = async (permissions: readonly string[]) => {
    const digest = await pushImage(harbor, { repository: 'axion/change', tag: '1.0' });
    const given = args(digest);
    // Only a report that is too old is renewed.
    const scan = given.some((arg) => arg.startsWith('--rescan')) ? { scan: { maxAge: '1s' } } : {};
    await using project = await createHarborProject({
      host: harbor.host,
      login: await robotWith(permissions),
      ...scan,
    });
    return await project.run([...given, '--json']);
  };

  test('needs no other permission than those of the table', async () => {
    const { code, stderr } = await runAs(needs);
    expect(code, stderr).toBe(0);
  });

  test.each(needs)('needs %s, and says so without it', async (missing) => {
    const { code, stdout } = await runAs(needs.filter((each) => each !== missing));
    expect(code, stdout).toBe(4);
    // What is read over /v2 has it in the hint.
    expect(stdout).toContain(`the permission ${missing}`);
  });
});

/** A robot of the project, or of the system for gc. */
function robotWith(permissions: readonly string[]): Promise<Account> {
  const isSystem = permissions.some((permission) => permission.startsWith('garbage-collection:'));
  // A robot needs a permission at all.
  const level = isSystem ? 'system' : 'project';
  return createRobot(harbor, `r${robots++}`, [...permissions, 'label:read'], { level });
}
