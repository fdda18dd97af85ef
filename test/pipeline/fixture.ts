import { expect } from 'vitest';
import { JSON_OUTPUTS } from '../../src/cli/json-output.ts';
import { type HarborTestOptions, type SwitchedHarbor, startHarbor, type TestHarbor } from '../harness/harbor-server.ts';
import { type RegistryView, viewRegistry } from './registry-view.ts';
import { createWorkspace, type PipelineResult, type Workspace, type WorkspaceOptions } from './workspace.ts';

/** A Harbor and a factory that pushes to it. */
export interface Fixture {
  readonly harbor: SwitchedHarbor;
  readonly workspace: Workspace;
  readonly registry: RegistryView;
}

/** Of which nobody else has any. */
export interface OwnFixture extends Fixture, AsyncDisposable {
  readonly harbor: TestHarbor;
}

export async function createFixture(
  options: Partial<WorkspaceOptions> = {},
  harborOptions: HarborTestOptions = {},
): Promise<OwnFixture> {
  const harbor = await startHarbor({ pace: { scanTime: 100 }, ...harborOptions });
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

/** A finding as Harbor's report has it. */
export function finding(id: string, severity: string, fix = ''): object {
  return {
    id,
    package: 'libexample',
    version: '1.0-1',
    fix_version: fix,
    severity,
    description: 'made up',
    links: [`https://example.com/${id}`],
  };
}

export const CRITICAL = finding('CVE-2026-0001', 'Critical', '1.0-2');

export const setProjectMetadata = async ({ harbor }: OwnFixture, values: Record<string, string>): Promise<void> => {
  expect((await harbor.api('PUT', 'projects/axion', { body: { metadata: values } })).status).toBe(200);
};

/** Has tags of a pattern stay where they are; everywhere in the project. */
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

/** The changes that Harbor was asked for, and made: `PUT /v2/axion/api-shop/manifests/1.0`. */
export async function requestedChanges({ harbor }: OwnFixture): Promise<string[]> {
  const { recent } = await harbor.traffic();
  return recent
    .filter(({ method, status }) => !['GET', 'HEAD'].includes(method) && status < 400)
    .map(({ method, path }) => `${method} ${path}`);
}

/**
 * What holds after every run: one document of its schema, no artifact deleted, no staging tag left but those that may be, the
 * engine without a staging name, no temporary file.
 */
export async function expectCleanState(
  fixture: OwnFixture,
  answer: PipelineResult,
  { staged = [] }: { readonly staged?: readonly string[] } = {},
): Promise<void> {
  JSON_OUTPUTS.pipeline.parse(answer.run);
  const deletions = (await requestedChanges(fixture)).filter((change) => change.startsWith('DELETE '));
  expect(deletions.filter((change) => !/\/artifacts\/[^/]+\/tags\/objdocker-[^/]+$/.test(change))).toEqual([]);
  expect(await fixture.registry.ownTags()).toEqual(staged);
  expect(answer.inEngine.filter((name) => name.includes(':objdocker-'))).toEqual([]);
  expect(await fixture.workspace.temporaryFiles()).toEqual([]);
}

/** The public tags stand for the source as it is, and for the digests that the run says. */
export async function expectReleased(fixture: Fixture, { run, stderr, code }: PipelineResult): Promise<void> {
  expect(code, `${JSON.stringify(run, null, 2)}\n${stderr}`).toBe(0);
  expect(run.promoted).toBe(true);
  expect(await fixture.registry.contents()).toMatchObject(await fixture.workspace.contents());
  const told = run.images.map(({ repository, digest }) => [`${repository.slice('axion/'.length)}:${run.tag}`, digest]);
  expect(await fixture.registry.publicTags()).toMatchObject(Object.fromEntries(told));
}

/** What a run came to, beside its exit code; on a surprise all that it said is shown. */
export function expectOutcome({ run, code, stderr }: PipelineResult, outcome: string, exit: number): void {
  expect({ outcome: run.outcome, code }, `${JSON.stringify(run, null, 2)}\n${stderr}`).toEqual({ outcome, code: exit });
}
