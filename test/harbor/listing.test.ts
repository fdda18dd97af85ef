import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Artifact } from '../../src/harbor/artifacts/artifacts.ts';
import { objdocker } from '../harness/cli.ts';
import { collect, openTestHarbor } from '../harness/harbor-client.ts';
import { startHarbor, type TestHarbor } from '../harness/harbor-server.ts';
import { configYaml, createProject } from '../harness/project.ts';
import type { SeenRequest } from '../harness/registry-server.ts';
import { pushImage } from '../sandbox/small-images.ts';
import { startCountingProxy } from './counting-proxy.ts';

const SEEDED = 1_200;
const ARTIFACTS = 3;
const FINDINGS = 5;

const isPageOfRepositories = ({ url }: SeenRequest) => /\/projects\/load\/repositories\?/.test(url);

/** Other clients, who delete and push one repository each time. The length of the list does not show it. */
class OtherClients {
  readonly #harbor: TestHarbor;
  readonly #existing: string[];
  readonly #throughout: Set<string>;
  #steps = 0;

  constructor(harbor: TestHarbor, seeded: readonly string[]) {
    this.#harbor = harbor;
    this.#existing = [...seeded];
    this.#throughout = new Set(seeded);
  }

  /** Seeded repositories that were not deleted. */
  get throughout(): readonly string[] {
    return [...this.#throughout];
  }

  async work(): Promise<void> {
    const step = this.#steps++;
    // A deletion near the start shifts all later rows to other offsets.
    const [deleted = ''] = this.#existing.splice((step * 211) % Math.min(300, this.#existing.length), 1);
    this.#throughout.delete(deleted);
    const pushed = `pushed/meanwhile-${step}`;
    await pushImage(this.#harbor, { repository: `load/${pushed}`, tag: '1.0' });
    this.#existing.push(pushed);
    const path = `projects/load/repositories/${deleted.replaceAll('/', '%252F')}`;
    const { ok, status } = await this.#harbor.api('DELETE', path);
    if (!ok) throw new Error(`deleting ${deleted} failed: HTTP ${status}`);
  }
}

describe(`${SEEDED} repositories with ${ARTIFACTS} artifacts each, while others push and delete`, () => {
  let sandbox: TestHarbor;
  let seeded: readonly string[];
  let others: OtherClients;

  beforeEach(async () => {
    sandbox = await startHarbor();
    await sandbox.seed({ project: 'load', repositories: SEEDED, artifacts: ARTIFACTS, findings: FINDINGS });
    const everything = await (
      await sandbox.api('GET', 'projects/load/repositories?page_size=0&sort=creation_time')
    ).json();
    seeded = (everything as { name: string }[]).map(({ name }) => name.slice('load/'.length));
    expect(seeded).toHaveLength(SEEDED);
    others = new OtherClients(sandbox, seeded);
  });
  afterEach(() => sandbox[Symbol.asyncDispose]());

  it('lists each repository that existed throughout exactly once', async () => {
    await using proxy = await startCountingProxy(sandbox.url, () => others.work());
    await using harbor = openTestHarbor(proxy.origin);
    const warnings: string[] = [];
    const list = harbor.project('load').listRepositories({ onIncomplete: (reason) => warnings.push(reason) });
    const names = (await collect(list)).map(({ name }) => name);

    expect(repeated(names)).toEqual([]);
    expect(missing(others.throughout, names)).toEqual([]);
    expect(warnings).toEqual([]);
    expect(others.throughout.length, 'repositories that were not deleted meanwhile').toBeLessThan(SEEDED - 12);
    expect(proxy.mostInFlight()).toBeGreaterThan(1);
    expect(proxy.mostInFlight()).toBeLessThanOrEqual(8);
  });

  it('lists each artifact exactly once with at most 8 requests in flight', async () => {
    await sandbox.setDelays({ latency: 5 });
    await using proxy = await startCountingProxy(sandbox.url, (request) =>
      isPageOfRepositories(request) ? others.work() : Promise.resolve(),
    );
    await using harbor = openTestHarbor(proxy.origin);
    const project = harbor.project('load');
    const lists: Promise<readonly Artifact[]>[] = [];
    for await (const { name } of project.listRepositories()) {
      // All lists start at once: the client limits the requests. The list of a deleted repository fails.
      lists.push(collect(project.repository(name).listArtifacts()).catch(() => []));
    }
    const artifacts = (await Promise.all(lists)).flat();

    expect(repeated(artifacts.map(({ digest }) => digest))).toEqual([]);
    const scanned = artifacts.filter(({ scanOverview }) => scanOverview?.total === FINDINGS);
    expect(scanned.length).toBeGreaterThanOrEqual(others.throughout.length * ARTIFACTS);
    expect(others.throughout.length, 'repositories that were not deleted meanwhile').toBeLessThan(SEEDED - 12);
    expect(proxy.mostInFlight()).toBeGreaterThan(4);
    expect(proxy.mostInFlight()).toBeLessThanOrEqual(8);
  });

  it('lists all of them with their newest artifact for harbor-repos --scan', async () => {
    await sandbox.setDelays({ latency: 5 });
    await using proxy = await startCountingProxy(sandbox.url, (request) =>
      isPageOfRepositories(request) ? others.work() : Promise.resolve(),
    );
    const registry = { type: 'harbor', host: proxy.host, project: 'load', ...sandbox.admin };
    await using project = await createProject({ Dockerfile: 'FROM scratch\n', 'config.yaml': configYaml(registry) });
    const { code, stdout, stderr } = await objdocker(['harbor-repos', '--scan', '--json'], { cwd: project.directory });
    expect(code, stderr).toBe(0);
    const { items, total } = JSON.parse(stdout) as { items: readonly ListedRepository[]; total: number };

    const names = items.map(({ name }) => name);
    expect(total).toBe(items.length);
    expect(repeated(names)).toEqual([]);
    expect(missing(others.throughout, names)).toEqual([]);
    expect(others.throughout.length, 'repositories that were not deleted meanwhile').toBeLessThan(SEEDED - 12);
    const throughout = new Set(others.throughout);
    const scanned = items.filter(({ name, newest }) => throughout.has(name) && newest?.scan.state === 'findings');
    expect(scanned).toHaveLength(throughout.size);
    for (const { newest } of scanned) expect(newest?.tags[0]?.name).toBe(`1.${ARTIFACTS - 1}`);
    expect(proxy.mostInFlight()).toBeGreaterThan(4);
    expect(proxy.mostInFlight()).toBeLessThanOrEqual(8);
  });
});

interface ListedRepository {
  readonly name: string;
  readonly newest?: { readonly tags: readonly { readonly name: string }[]; readonly scan: { readonly state: string } };
}

function repeated(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}

function missing(wanted: readonly string[], names: readonly string[]): string[] {
  const there = new Set(names);
  return wanted.filter((name) => !there.has(name));
}
