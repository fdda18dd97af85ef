import type { Context } from 'hono';
import type { Env } from '../auth/identity.ts';
import { notFound } from '../http/errors.ts';
import type { Harbor } from './harbor.ts';
import type { Artifact, Project, Repository } from './state.ts';

export const projectNamed = (harbor: Harbor, name: string): Project | undefined =>
  harbor.store.state.projects.find((project) => project.name === name);

export const projectOfRepository = (harbor: Harbor, name: string): Project | undefined =>
  projectNamed(harbor, name.split('/')[0] ?? '');

/** The project that a path identifies by name or by id. `X-Is-Resource-Name: true` marks a name. */
export function findProject(harbor: Harbor, c: Context<Env>): Project | undefined {
  const given = c.req.param('project') ?? '';
  const isName = c.req.header('X-Is-Resource-Name') === 'true';
  return harbor.store.state.projects.find(({ id, name }) =>
    !isName && /^\d+$/.test(given) ? String(id) === given : name === given,
  );
}

/** @throws {HarborError} 404 */
export function requireProject(harbor: Harbor, c: Context<Env>): Project {
  const project = findProject(harbor, c);
  if (project === undefined) throw notFound(`project ${c.req.param('project')} not found`);
  return project;
}

/** The full repository name of a path. Its slashes are encoded twice, and the router decodes once. */
export function repositoryName(c: Context<Env>): string {
  return `${c.req.param('project')}/${decodeOnce(c.req.param('repository') ?? '')}`;
}

function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @throws {HarborError} 404 */
export function requireRepository(harbor: Harbor, name: string): Repository {
  const repository = harbor.store.repository(name);
  if (repository === undefined) throw notFound(`repository ${name} not found`);
  return repository;
}

/** Finds an artifact by digest or by tag. A malformed digest counts as a tag. @throws {HarborError} 404 */
export function requireArtifact(
  harbor: Harbor,
  name: string,
  reference: string,
): { repository: Repository; artifact: Artifact } {
  const repository = isDigest(reference) ? harbor.store.repository(name) : requireRepository(harbor, name);
  const artifact = findArtifact(repository, reference);
  if (repository === undefined || artifact === undefined) {
    throw notFound(`artifact ${name}${isDigest(reference) ? '@' : ':'}${reference} not found`);
  }
  return { repository, artifact };
}

export const isDigest = (reference: string): boolean => /^sha256:[0-9a-f]{64}$/.test(reference);

export function findArtifact(repository: Repository | undefined, reference: string): Artifact | undefined {
  return repository?.artifacts.find(
    ({ digest, tags }) => digest === reference || tags.some(({ name }) => name === reference),
  );
}

/** The artifacts of a listing: without untagged children of an index, and without accessories (signatures and SBOMs). */
export function listedArtifacts(repository: Repository): readonly Artifact[] {
  const children = new Set(repository.artifacts.flatMap(({ references }) => references.map(({ digest }) => digest)));
  return repository.artifacts.filter(
    ({ digest, tags, accessory }) => accessory === undefined && (tags.length > 0 || !children.has(digest)),
  );
}

/** The indexes that reference an artifact. */
export const indexesOf = (repository: Repository, { digest }: Artifact): readonly Artifact[] =>
  repository.artifacts.filter(({ references }) => references.some((reference) => reference.digest === digest));

/** The accessories of an artifact, which they name as their subject. */
export const accessoriesOf = (repository: Repository | undefined, subject: string): readonly Artifact[] =>
  (repository?.artifacts ?? []).filter(({ accessory }) => accessory?.subjectDigest === subject);

/** The bytes that a project uses: the sizes of its artifacts without its indexes. */
export function usedStorage(harbor: Harbor, project: Project): number {
  let used = 0;
  for (const repository of harbor.store.state.repositories) {
    if (repository.projectId !== project.id) continue;
    for (const { size, references } of repository.artifacts) if (references.length === 0) used += size;
  }
  return used;
}
