import { expect } from 'vitest';
import { JSON_OUTPUTS } from '../../src/cli/json-output.ts';
import {
  basic,
  type HarborTestOptions,
  type SwitchedHarbor,
  startHarbor,
  type TestHarbor,
} from '../harness/harbor-server.ts';
import { MANIFESTS, type RegistryView, viewRegistry } from './registry-view.ts';
import { createWorkspace, type PipelineResult, type Workspace, type WorkspaceOptions } from './workspace.ts';

/** A Harbor, and a workspace that pushes to it. */
export interface Fixture {
  readonly harbor: SwitchedHarbor;
  readonly workspace: Workspace;
  readonly registry: RegistryView;
}

/** A fixture whose Harbor no other test uses. */
export interface OwnFixture extends Fixture, AsyncDisposable {
  readonly harbor: TestHarbor;
}

export async function createFixture(
  options: Partial<WorkspaceOptions> = {},
  harborOptions: HarborTestOptions = {},
): Promise<OwnFixture> {
  const harbor = await startHarbor({ delays: { scanTime: 100 }, ...harborOptions });
  const workspace = await createWorkspace({ host: harbor.host, login: harbor.admin, ...options });
  return {
    harbor,
    workspace,
    registry: viewRegistry(harbor),
    async [Symbol.asyncDispose]() {
      await workspace[Symbol.asyncDispose]();
      await harbor[Symbol.asyncDispose]();
    },
  };
}

/** A finding in the form of Harbor's report. */
export function finding(id: string, severity: string, fix = ''): object {
  return {
    id,
    package: 'libexample',
    version: '1.0-1',
    fix_version: fix,
    severity,
    description: 'for a test',
    links: [`https://example.com/${id}`],
  };
}

export const CRITICAL = finding('CVE-2026-0001', 'Critical', '1.0-2');

export const setProjectMetadata = async ({ harbor }: OwnFixture, values: Record<string, string>): Promise<void> => {
  expect((await harbor.api('PUT', 'projects/axion', { body: { metadata: values } })).status).toBe(200);
};

/** Makes tags that match a pattern immutable in the whole project. */
export async function makeImmutable({ harbor }: OwnFixture, pattern: string): Promise<void> {
  const rule = {
    action: 'immutable',
    template: 'immutable_template',
    disabled: false,
    scope_selectors: { repository: [{ kind: 'doublestar', decoration: 'repoMatches', pattern: '**' }] },
    tag_selectors: [{ kind: 'doublestar', decoration: 'matches', pattern }],
  };
  expect((await harbor.api('POST', 'projects/axion/immutabletagrules', { body: rule })).status).toBe(201);
}

/** Moves a tag to another image of its repository, as an operator does by hand. */
export async function moveTag({ harbor }: Fixture, repository: string, tag: string, digest: string): Promise<void> {
  const at = (reference: string) => `${harbor.url}/v2/${repository}/manifests/${reference}`;
  const headers = { Authorization: basic(harbor.admin) };
  const manifest = await fetch(at(digest), { headers: { ...headers, Accept: MANIFESTS } });
  const moved = await fetch(at(tag), {
    method: 'PUT',
    headers: { ...headers, 'Content-Type': manifest.headers.get('content-type') ?? '' },
    body: await manifest.arrayBuffer(),
  });
  expect(moved.status).toBe(201);
}

/** The successful requests that changed something: `PUT /v2/axion/api-shop/manifests/1.0`. */
export async function requestedChanges({ harbor }: OwnFixture): Promise<string[]> {
  const { recent } = await harbor.traffic();
  return recent
    .filter(({ method, status }) => !['GET', 'HEAD'].includes(method) && status < 400)
    .map(({ method, path }) => `${method} ${path}`);
}

/**
 * What is true after every run: its JSON output matches the schema, no artifact was deleted, no staging tag is left in the engine
 * or, except `staged`, in the registry, and no temporary file is left.
 */
export async function expectCleanState(
  fixture: OwnFixture,
  result: PipelineResult,
  { staged = [] }: { readonly staged?: readonly string[] } = {},
): Promise<void> {
  JSON_OUTPUTS.pipeline.parse(result.run);
  const deletions = (await requestedChanges(fixture)).filter((change) => change.startsWith('DELETE '));
  expect(deletions.filter((change) => !/\/artifacts\/[^/]+\/tags\/objdocker-[^/]+$/.test(change))).toEqual([]);
  expect(await fixture.registry.ownTags()).toEqual(staged);
  expect(result.inEngine.filter((name) => name.includes(':objdocker-'))).toEqual([]);
  expect(await fixture.workspace.temporaryFiles()).toEqual([]);
}

/** The public tags point to images of the current sources, and to the digests that the run reports. */
export async function expectReleased(fixture: Fixture, { run, stderr, code }: PipelineResult): Promise<void> {
  expect(code, `${JSON.stringify(run, null, 2)}\n${stderr}`).toBe(0);
  expect(run.promoted).toBe(true);
  expect(await fixture.registry.contents()).toMatchObject(await fixture.workspace.contents());
  const reported = run.images.map(({ repository, digest }) => [
    `${repository.slice('axion/'.length)}:${run.tags[0]}`,
    digest,
  ]);
  expect(await fixture.registry.publicTags()).toMatchObject(Object.fromEntries(reported));
}

/** Checks outcome and exit code of a run, and shows its output on failure. */
export function expectOutcome({ run, code, stderr }: PipelineResult, outcome: string, exit: number): void {
  expect({ outcome: run.outcome, code }, `${JSON.stringify(run, null, 2)}\n${stderr}`).toEqual({ outcome, code: exit });
}
