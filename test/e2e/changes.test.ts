import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { skipUnsupported } from './skip.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

let workspace: Workspace;

beforeAll(async () => {
  workspace = await createWorkspace();
});
afterAll(() => workspace?.[Symbol.asyncDispose]());

const tagsOf = async (repository: string, digest: string) =>
  (await workspace.project.repository(repository).getArtifact(digest)).tags.map(({ name }) => name).toSorted();

describe('tags', () => {
  let first: string;
  let second: string;

  beforeAll(async () => {
    first = await workspace.push({ repository: 'tagged', tag: '1.0' });
    second = await workspace.push({ repository: 'tagged', tag: '2.0' });
  });

  it('are created once, and never moved from another artifact', async () => {
    const repository = workspace.project.repository('tagged');
    expect(await repository.createTag(first, 'stable')).toEqual({ created: true });
    expect(await repository.createTag(first, 'stable')).toEqual({ created: false });
    await expect(repository.createTag(second, 'stable')).rejects.toMatchObject({
      code: 'TAG_EXISTS',
      details: { digest: first },
    });
    expect(await tagsOf('tagged', first)).toEqual(['1.0', 'stable']);
    expect(await tagsOf('tagged', second)).toEqual(['2.0']);
  });

  it('are removed without their artifact', async () => {
    await workspace.project.repository('tagged').createTag(second, 'extra');
    expect(await workspace.json(['harbor-untag', 'tagged', 'extra'])).toMatchObject({ tag: 'extra', digest: second });
    expect(await tagsOf('tagged', second)).toEqual(['2.0']);
    expect(await workspace.json(['harbor-untag', 'tagged', 'extra'], { code: 1 })).toMatchObject({
      error: { code: 'TAG_NOT_FOUND' },
    });
  });
});

describe('a deletion', () => {
  let digest: string;
  let other: string;

  beforeAll(async () => {
    digest = await workspace.push({ repository: 'team/doomed', tag: '1.0' });
    other = await workspace.push({ repository: 'team/doomed', tag: '2.0' });
    await workspace.project.repository('team/doomed').createTag(digest, 'also');
  });

  it('rejects a tag, for which Harbor would delete the artifact with all of its tags', async () => {
    const { code, stderr } = await workspace.objdocker(['harbor-delete', 'team/doomed', '1.0', '--yes']);
    expect(code).toBe(2);
    expect(stderr).toContain('harbor-untag');
    expect(await tagsOf('team/doomed', digest)).toEqual(['1.0', 'also']);
  });

  it('previews the deletion, and deletes nothing without confirmation', async () => {
    expect(await workspace.json(['harbor-delete', 'team/doomed', digest, '--dry-run'])).toMatchObject({
      digest,
      deleted: false,
      tags: expect.arrayContaining(['1.0', 'also']),
    });
    const { code } = await workspace.objdocker(['harbor-delete', 'team/doomed', digest]);
    expect(code).not.toBe(0);
    expect(await tagsOf('team/doomed', digest)).toEqual(['1.0', 'also']);
  });

  it('deletes only that artifact', async () => {
    expect(await workspace.json(['harbor-delete', 'team/doomed', digest, '--yes'])).toMatchObject({ deleted: true });
    expect(await workspace.json(['harbor-artifacts', 'team/doomed'])).toMatchObject({
      items: [{ digest: other }],
      total: 1,
    });
    expect(await workspace.json(['harbor-delete', 'team/doomed', digest, '--yes'], { code: 1 })).toMatchObject({
      error: { code: 'ARTIFACT_NOT_FOUND' },
    });
  });
});

describe('an immutable tag', () => {
  it('cannot be removed, nor its artifact deleted, until the rule is deleted', async ({ skip }) => {
    const rules = `projects/${workspace.name}/immutabletagrules`;
    const digest = await workspace.push({ repository: 'kept', tag: 'v1' });
    const made = await workspace.api('POST', rules, {
      disabled: false,
      action: 'immutable',
      template: 'immutable_template',
      priority: 0,
      tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern: 'v*' }],
      scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: 'kept' }] },
    });
    if (made.status === 403) skipUnsupported(skip, 'this account may not create immutable tag rules');
    expect(made.status).toBe(201);

    const refused = { error: { code: 'TAG_IMMUTABLE' } };
    expect(await workspace.json(['harbor-untag', 'kept', 'v1'], { code: 1 })).toMatchObject(refused);
    expect(await workspace.json(['harbor-delete', 'kept', digest, '--dry-run'], { code: 1 })).toMatchObject({
      refusal: 'immutable',
    });
    expect(await workspace.json(['harbor-delete', 'kept', digest, '--yes'], { code: 1 })).toMatchObject(refused);
    expect(await tagsOf('kept', digest)).toEqual(['v1']);

    const id = made.headers.get('location')?.split('/').at(-1);
    expect((await workspace.api('DELETE', `${rules}/${id}`)).status).toBe(200);
    expect(await workspace.json(['harbor-delete', 'kept', digest, '--yes'])).toMatchObject({ deleted: true });
  });
});
