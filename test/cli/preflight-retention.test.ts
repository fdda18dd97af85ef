import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createHarborProject, createRobot, RELEASE_PERMISSIONS } from '../harness/harbor-project.ts';
import { type Account, startHarbor, type TestHarbor } from '../harness/harbor-server.ts';
import { pushImage } from '../sandbox/small-images.ts';

interface Preflight {
  readonly checks: readonly {
    readonly id: string;
    readonly status: string;
    readonly detail: string;
    readonly hint?: string;
  }[];
}

let harbor: TestHarbor;
beforeAll(async () => {
  harbor = await startHarbor();
});
afterAll(() => harbor[Symbol.asyncDispose]());
beforeEach(async () => {
  const policy = await policyId();
  if (policy !== undefined) await harbor.api('DELETE', `retentions/${policy}`);
});

async function policyId(): Promise<string | undefined> {
  const project = (await (await harbor.api('GET', 'projects/axion')).json()) as {
    readonly metadata: { readonly retention_id?: string };
    readonly project_id: number;
  };
  return project.metadata.retention_id;
}

/** Retains, in all repositories, what each rule says. */
async function retain(...rules: readonly (readonly [template: string, tags: string, repositories?: string])[]) {
  const project = (await (await harbor.api('GET', 'projects/axion')).json()) as { readonly project_id: number };
  const body = {
    algorithm: 'or',
    rules: rules.map(([template, tags, repositories = '**']) => ({
      action: 'retain',
      template,
      params: template === 'always' ? {} : { [template]: 10 },
      tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: tags }],
      scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: repositories }] },
    })),
    trigger: { kind: 'Schedule', settings: { cron: '0 0 0 * * *' } },
    scope: { level: 'project', ref: project.project_id },
  };
  const { status } = await harbor.api('POST', 'retentions', { body });
  expect(status).toBe(201);
}

async function retentionCheck(login: Account = harbor.admin) {
  await using project = await createHarborProject({
    host: harbor.host,
    login,
    files: { Dockerfile: 'FROM scratch AS api\nCOPY file /file\n' },
    image: { services: ['api'] },
  });
  const { code, stdout, stderr } = await project.run(['preflight', '--json']);
  expect(code, stderr).toBe(0);
  return (JSON.parse(stdout) as Preflight).checks.find(({ id }) => id === 'retention');
}

test('passes without tag retention, and with rules that keep what a release needs', async () => {
  expect(await retentionCheck()).toMatchObject({ status: 'ok', detail: 'project axion has no tag retention' });
  await retain(['latestPushedK', '**'], ['always', 'release-*'], ['always', '**', 'shop-releases']);
  expect(await retentionCheck()).toMatchObject({
    status: 'ok',
    detail: expect.stringContaining('keeps images and records'),
  });
});

test('names the images and records that retention would delete, and the rules to add', async () => {
  await retain(['latestPushedK', '**']);
  const check = await retentionCheck();
  expect(check).toMatchObject({ status: 'warning' });
  expect(check?.detail).toContain(
    'release-1, 1.0, release-1234 in api-shop; 1, 1.end, 1234, 1234.end in shop-releases',
  );
  expect(check?.hint).toContain('for the repositories api-shop matching the tags release-*');
  expect(check?.hint).toContain('for the repository shop-releases matching the tags **');
});

test('warns when retention would delete the images of a run that is not over', async () => {
  const kept = [
    ['always', 'release-*'],
    ['always', '**', 'shop-releases'],
  ] as const;
  await retain(...kept);
  expect(await retentionCheck()).toMatchObject({
    status: 'warning',
    detail: expect.stringContaining('before they are released: objdocker-* in api-shop'),
    hint: expect.stringContaining('for the repositories api-shop matching the tags objdocker-*'),
  });
  await harbor.api('DELETE', `retentions/${await policyId()}`);
  await retain(...kept, ['always', 'objdocker-*']);
  expect(await retentionCheck()).toMatchObject({ status: 'ok' });
});

test('is skipped for a robot that may not read the rules, and names the permission', async () => {
  await retain(['latestPushedK', '**']);
  const robot = await createRobot(harbor, 'plain', RELEASE_PERMISSIONS);
  expect(await retentionCheck(robot)).toMatchObject({
    status: 'skipped',
    detail: expect.stringContaining('lacks the permission project:read'),
  });
  const reader = await createRobot(harbor, 'reader', [...RELEASE_PERMISSIONS, 'project:read', 'immutable-tag:list']);
  expect(await retentionCheck(reader)).toMatchObject({
    status: 'skipped',
    detail: expect.stringContaining('lacks the permission tag-retention:read'),
  });
});

const immutable = (decoration: 'matches' | 'excludes', pattern: string) => ({
  action: 'immutable',
  template: 'immutable_template',
  tag_selectors: [{ kind: 'doublestar', decoration, pattern }],
  scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: 'api-*' }] },
});

test('warns of staging tags that no run could remove', async () => {
  const add = async (body: object) => {
    const created = await harbor.api('POST', 'projects/axion/immutabletagrules', { body });
    return (created.headers.get('location') ?? '').split('/').at(-1);
  };
  const id = await add(immutable('matches', 'objdocker-**'));
  expect(await retentionCheck()).toMatchObject({
    status: 'warning',
    detail: expect.stringContaining('no run can remove its objdocker-* tags in api-shop'),
    hint: expect.stringContaining('exclude tags that match objdocker-**'),
  });
  await harbor.api('DELETE', `projects/axion/immutabletagrules/${id}`);
  const excluding = await add(immutable('excludes', 'objdocker-**'));
  expect(await retentionCheck()).toMatchObject({ status: 'ok' });
  await harbor.api('DELETE', `projects/axion/immutabletagrules/${excluding}`);
});

test('warns of a public tag that exists and is immutable', async () => {
  await harbor.api('POST', 'projects/axion/immutabletagrules', { body: immutable('matches', '1.*') });
  expect(await retentionCheck()).toMatchObject({ status: 'ok' });
  await pushImage(harbor, { repository: 'axion/api-shop', tag: '1.0' });
  expect(await retentionCheck()).toMatchObject({
    status: 'warning',
    detail: expect.stringContaining('api-shop:1.0 cannot be moved'),
  });
});
