import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { lostBlobs, readJson } from './harbor-api.ts';
import { skipUnsupported } from './skip.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

/** Tests that affect all users of the Harbor. They need an administrator, and the sandbox or an explicit permission. */
describe('on a Harbor that may be changed', () => {
  let workspace: Workspace;

  beforeAll(async () => {
    workspace = await createWorkspace();
  });
  afterAll(() => workspace?.[Symbol.asyncDispose]());
  beforeEach(({ skip }) => {
    if (!workspace.target.allowsDestructive) skipUnsupported(skip, 'OBJDOCKER_E2E_DESTRUCTIVE is not 1');
  });

  it('gc removes what was deleted, and nothing that is in use', async () => {
    const kept = await workspace.push({ repository: 'shop', tag: '1.0' });
    const deleted = await workspace.push({ repository: 'shop', tag: '2.0' });
    await workspace.json(['harbor-delete', 'shop', deleted, '--yes']);
    const run = await workspace.json<{ freedBytes: number; note?: string; windowHours?: number }>([
      'harbor-gc',
      '--wait',
      '--timeout',
      '9m',
    ]);
    expect(run).toMatchObject({ state: 'done', dryRun: false });
    // Gc keeps blobs that are younger than the window.
    if (run.windowHours === 0) expect(run.freedBytes).toBeGreaterThan(0);
    else if (run.freedBytes === 0) expect(run.note).toContain('younger');

    expect(await lostBlobs(workspace.target, `${workspace.name}/shop`, kept)).toEqual([]);
  });

  it('a read-only Harbor rejects a deletion with REGISTRY_READ_ONLY, and lists', async () => {
    const digest = await workspace.push({ repository: 'frozen' });
    const readOnly = (on: boolean) => workspace.api('PUT', 'configurations', { read_only: on });
    expect((await readOnly(true)).status).toBe(200);
    try {
      expect(await workspace.json(['harbor-delete', 'frozen', digest, '--yes'], { code: 3 })).toMatchObject({
        error: { code: 'REGISTRY_READ_ONLY' },
      });
      expect(await workspace.json(['harbor-artifacts', 'frozen'])).toMatchObject({ items: [{ digest }] });
    } finally {
      expect((await readOnly(false)).status).toBe(200);
    }
    expect(await workspace.json(['harbor-delete', 'frozen', digest, '--yes'])).toMatchObject({ deleted: true });
  });

  it('a disabled scanner is reported as scanner-down, not as a clean image', async ({ skip }) => {
    const using = await workspace.api('GET', `projects/${workspace.name}/scanner`);
    const text = await using.text();
    if (text.trim() === '') skipUnsupported(skip, 'there is no scanner');
    const scanner = JSON.parse(text) as Scanner;
    const repository = 'unscanned';
    await workspace.push({ repository });
    const disable = (disabled: boolean) =>
      workspace.api('PUT', `scanners/${scanner.uuid}`, { ...writable(scanner), disabled });
    const { status } = await disable(true);
    if (status === 403) skipUnsupported(skip, 'the built-in scanner of this Harbor cannot be disabled');
    expect(status).toBe(200);
    try {
      expect(await workspace.json(['harbor-scan', repository], { code: 3 })).toMatchObject({ state: 'scanner-down' });
      expect(await workspace.json(['harbor-trigger-scan', repository], { code: 3 })).toMatchObject({
        items: [{ name: repository, error: { code: 'SCANNER_MISSING' } }],
      });
    } finally {
      expect((await disable(false)).status).toBe(200);
    }
    const after = await readJson<Scanner>(await workspace.api('GET', `projects/${workspace.name}/scanner`));
    expect(after.disabled).toBe(false);
  });
});

interface Scanner {
  readonly uuid: string;
  readonly name: string;
  readonly url: string;
  readonly description?: string;
  readonly use_internal_addr?: boolean;
  readonly skip_certVerify?: boolean;
  readonly disabled?: boolean;
}

/** The writable fields of a scanner registration. */
function writable({ name, url, description, use_internal_addr, skip_certVerify }: Scanner): object {
  return { name, url, description, use_internal_addr, skip_certVerify };
}
