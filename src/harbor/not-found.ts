import { type ErrorCode, isObjDockerError, ObjDockerError } from '../errors.ts';
import type { RequestOptions } from '../lib/http/request-options.ts';
import { suggest } from '../lib/text/suggest.ts';
import type { HarborApi } from './client/harbor-api.ts';
import { formatRef, isDigest, type RepositoryRef } from './refs.ts';
import { findRepository, getRepository, listRepositories } from './repositories.ts';

/** How many names to search for a similar one. More would delay the error. */
const MOST_NAMES = 2_000;

/**
 * Does some work on an artifact. When Harbor does not find the artifact, finds out what is missing: the artifact or its tag, the
 * repository, or the project. Harbor names the artifact in each of these cases.
 */
export async function explainNotFound<T>(
  api: HarborApi,
  ref: RepositoryRef & { readonly reference: string },
  options: RequestOptions,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isObjDockerError(error)) throw error;
    if (error.code !== 'ARTIFACT_NOT_FOUND' && error.code !== 'REPOSITORY_NOT_FOUND') throw error;
    // A login without the permission to read the repository gets the error about the artifact.
    await requireRepository(api, ref, options).catch(unless('REGISTRY_FORBIDDEN'));
    const { reference } = ref;
    const what = isDigest(reference) ? `artifact ${reference}` : `tag ${reference}`;
    throw new ObjDockerError(
      isDigest(reference) ? 'ARTIFACT_NOT_FOUND' : 'TAG_NOT_FOUND',
      `the repository ${formatRef({ project: ref.project, repository: ref.repository })} at ${api.host} has no ${what}`,
      {
        hint: `List its artifacts: objdocker harbor-artifacts ${ref.repository}`,
        details: { ...error.details, reference },
        cause: error,
      },
    );
  }
}

/**
 * Checks that a repository exists.
 *
 * @throws {ObjDockerError} REPOSITORY_NOT_FOUND, `details.suggestions` being similar names; REGISTRY_PROJECT_MISSING
 */
export async function requireRepository(api: HarborApi, ref: RepositoryRef, options: RequestOptions): Promise<void> {
  const { project, repository } = ref;
  if (await repositoryExists(api, ref, options)) return;
  const names: string[] = [];
  for await (const { name } of listRepositories(api, project, options)) {
    if (names.push(name) === MOST_NAMES) break;
  }
  const near = suggest(repository, names);
  throw new ObjDockerError(
    'REPOSITORY_NOT_FOUND',
    `the project ${project} at ${api.host} has no repository ${repository}`,
    {
      hint: near === undefined ? 'List the repositories: objdocker harbor-repos' : `Did you mean "${near}"?`,
      details: { project, repository, suggestions: near === undefined ? [] : [near] },
    },
  );
}

async function repositoryExists(api: HarborApi, ref: RepositoryRef, options: RequestOptions): Promise<boolean> {
  try {
    await getRepository(api, ref, options);
    return true;
  } catch (error) {
    if (!isObjDockerError(error)) throw error;
    if (error.code === 'REPOSITORY_NOT_FOUND') return false;
    if (error.code !== 'REGISTRY_FORBIDDEN') throw error;
    return (await findRepository(api, ref, options)) !== undefined;
  }
}

/** Rethrows every error except those with this code. */
function unless(code: ErrorCode): (error: unknown) => void {
  return (error) => {
    if (!isObjDockerError(error) || error.code !== code) throw error;
  };
}
