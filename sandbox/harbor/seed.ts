import { createHash } from 'node:crypto';
import { createProject } from './api/projects.ts';
import { addRobot } from './api/robots.ts';
import { addUser } from './api/users.ts';
import { hashSecret } from './auth/identity.ts';
import { SAMPLE_SCANNER } from './scan/findings.ts';
import { addScanner } from './scan/scanners.ts';
import { type Harbor, timestamp } from './store/harbor.ts';
import { projectNamed } from './store/lookup.ts';
import { type Artifact, NEVER, type Repository, type ScanReport } from './store/state.ts';

/** The passwords of the accounts on a new server. */
export interface Credentials {
  readonly admin: string;
  /** `dev` is a member of no project. */
  readonly dev: string;
  /** `robot$axion+ci` may push, pull and list in `axion`. */
  readonly robot: string;
}

export const ROBOT_NAME = 'robot$axion+ci';

/** Creates the defaults of a new server, and sets the passwords of this start. */
export function setUp(harbor: Harbor, credentials: Credentials, options: { readonly demo: boolean }): void {
  if (harbor.store.isNew) createDefaults(harbor, options.demo);
  const { users, robots } = harbor.store.state;
  for (const user of users) {
    if (user.name === 'admin') user.secret = hashSecret(credentials.admin);
    if (user.name === 'dev' && options.demo) user.secret = hashSecret(credentials.dev);
  }
  for (const robot of robots)
    if (robot.name === ROBOT_NAME && options.demo) robot.secret = hashSecret(credentials.robot);
  harbor.store.save();
}

function createDefaults(harbor: Harbor, demo: boolean): void {
  const base = { email: '', password: '', admin: false };
  const admin = addUser(harbor, {
    ...base,
    name: 'admin',
    realname: 'system admin',
    comment: 'admin user',
    admin: true,
  });
  createProject(harbor, 'library', { owner: admin, metadata: { public: 'true' } });
  if (!demo) return;
  addScanner(harbor, {
    name: SAMPLE_SCANNER.name,
    url: `${harbor.url}/_sandbox/scanner`,
    description: 'Sample findings for development: not the result of a real scan',
    isDefault: true,
  });
  addUser(harbor, { ...base, name: 'dev', email: 'dev@example.com', realname: 'Dev', comment: '' });
  createProject(harbor, 'axion', { owner: admin });
  const access = [
    { resource: 'repository', action: 'pull' },
    { resource: 'repository', action: 'push' },
    { resource: 'repository', action: 'list' },
    { resource: 'artifact', action: 'list' },
    { resource: 'artifact', action: 'read' },
  ];
  addRobot(harbor, {
    name: 'ci',
    level: 'project',
    description: 'CI',
    duration: -1,
    permissions: [{ kind: 'project', namespace: 'axion', access }],
  });
}

export interface SeedOptions {
  readonly project: string;
  readonly repositories: number;
  /** The number of artifacts in each repository. */
  readonly artifacts: number;
  /** The number of findings of each artifact. @default the artifacts are not scanned */
  readonly findings?: number | undefined;
  /** The start of each repository name. @default 'app-' */
  readonly prefix?: string | undefined;
}

/** Adds repositories whose artifacts have no bytes: they can be listed and deleted, but not pulled. */
export function seedRepositories(harbor: Harbor, options: SeedOptions): void {
  const { project: name, prefix = 'app-' } = options;
  const owner = harbor.store.state.users[0] ?? { id: 1, name: 'admin' };
  const project = projectNamed(harbor, name) ?? createProject(harbor, name, { owner });
  // Distinct creation times make the order by time unique.
  const start = harbor.now().getTime() - options.repositories;
  for (let index = 0; index < options.repositories; index++) {
    const created = new Date(start + index).toISOString();
    const group = index % 10 === 7 ? `team-${index % 7}/group/` : '';
    const full = `${name}/${group}${prefix}${String(index).padStart(4, '0')}`;
    if (harbor.store.repository(full) !== undefined) continue;
    const repository: Repository = {
      id: harbor.store.nextId('repository'),
      name: full,
      projectId: project.id,
      created,
      updated: created,
      pulls: 0,
      artifacts: [],
    };
    for (let each = 0; each < options.artifacts; each++) {
      repository.artifacts.push(seedArtifact(harbor, repository, each, options.findings));
    }
    harbor.store.addRepository(repository);
  }
  harbor.store.save();
}

function seedArtifact(harbor: Harbor, repository: Repository, index: number, findings: number | undefined): Artifact {
  const made = (part: string) =>
    `sha256:${createHash('sha256').update(`${repository.name} ${index} ${part}`).digest('hex')}`;
  const pushed = new Date(Date.parse(repository.created) + index).toISOString();
  return {
    id: harbor.store.nextId('artifact'),
    digest: made('manifest'),
    mediaType: 'application/vnd.oci.image.config.v1+json',
    manifestMediaType: 'application/vnd.oci.image.manifest.v1+json',
    artifactType: 'application/vnd.oci.image.config.v1+json',
    manifestSize: 500,
    type: 'IMAGE',
    size: 20_000 + index,
    pushed,
    pulled: NEVER,
    tags: [{ id: harbor.store.nextId('tag'), name: `1.${index}`, pushed, pulled: NEVER }],
    extraAttrs: { architecture: 'amd64', author: 'sandbox', config: {}, created: pushed, os: 'linux' },
    references: [],
    blobs: [],
    reports: findings === undefined ? {} : seedReport(harbor, made('report'), findings),
  };
}

function seedReport(harbor: Harbor, seed: string, madeUp: number): Record<string, ScanReport> {
  const scanner = harbor.store.state.scanners.find(({ isDefault }) => isDefault)?.id;
  if (scanner === undefined) return {};
  const hex = seed.slice(7);
  const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
  const now = timestamp(harbor).replace(/\.\d+Z$/, '.000Z');
  return { [scanner]: { id, scanner, status: 'Success', started: now, ended: now, result: { madeUp }, log: [] } };
}
