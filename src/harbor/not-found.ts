import { type ErrorCode, isObjDockerError, ObjDockerError } from '../errors.ts';
import { suggest } from '../lib/text/suggest.ts';
import type { HarborApi } from './client/api.ts';
import type { CallOptions } from './client/request.ts';
import { formatPlace, isDigest, type RepositoryPlace } from './refs.ts';
import { findRepository, getRepository, listRepositories } from './repositories.ts';

/** Where to look for a name that is near: more would keep the user waiting for an error. */
const MOST_NAMES = 2_000;

/**
 * Does some work on an artifact; when Harbor does not find it, finds out what is missing: the artifact or its tag, the
 * repository, or the project. Harbor speaks of the artifact in each of these cases.
 */
export async function explainingMissing<T>(
  api: HarborApi,
  place: RepositoryPlace & { readonly reference: string },
  options: CallOptions,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isObjDockerError(error)) throw error;
    if (error.code !== 'ARTIFACT_NOT_FOUND' && error.code !== 'REPOSITORY_NOT_FOUND') throw error;
    // Who may ask for the artifact and not for its repository is told of the artifact.
    await requireRepository(api, place, options).catch(unless('REGISTRY_FORBIDDEN'));
    const { reference } = place;
    const what = isDigest(reference) ? `artifact ${reference}` : `tag ${reference}`;
    throw new ObjDockerError(
      isDigest(reference) ? 'ARTIFACT_NOT_FOUND' : 'TAG_NOT_FOUND',
      `the repository ${formatPlace({ project: place.project, repository: place.repository })} at ${api.host} has no ${what}`,
      {
        hint: `See what it has: objdocker harbor-artifacts ${place.repository}`,
        details: { ...error.details, reference },
        cause: error,
      },
    );
  }
}

/**
 * Makes sure that there is a repository.
 *
 * @throws {ObjDockerError} REPOSITORY_NOT_FOUND, `details.suggestions` being names that are near; REGISTRY_PROJECT_MISSING
 */
export async function requireRepository(api: HarborApi, place: RepositoryPlace, options: CallOptions): Promise<void> {
  const { project, repository } = place;
  if (await isThere(api, place, options)) return;
  const names: string[] = [];
  for await (const { name } of listRepositories(api, project, options)) {
    if (names.push(name) === MOST_NAMES) break;
  }
  const near = suggest(repository, names);
  throw new ObjDockerError(
    'REPOSITORY_NOT_FOUND',
    `the project ${project} at ${api.host} has no repository ${repository}`,
    {
      hint: near === undefined ? 'See which there are: objdocker harbor-repos' : `Did you mean "${near}"?`,
      details: { project, repository, suggestions: near === undefined ? [] : [near] },
    },
  );
}

async function isThere(api: HarborApi, place: RepositoryPlace, options: CallOptions): Promise<boolean> {
  try {
    await getRepository(api, place, options);
    return true;
  } catch (error) {
    if (!isObjDockerError(error)) throw error;
    if (error.code === 'REPOSITORY_NOT_FOUND') return false;
    if (error.code !== 'REGISTRY_FORBIDDEN') throw error;
    return (await findRepository(api, place, options)) !== undefined;
  }
}

/** Passes errors on, but one. */
function unless(code: ErrorCode): (error: unknown) => void {
  return (error) => {
    if (!isObjDockerError(error) || error.code !== code) throw error;
  };
}
