import type { PackageHarbor } from '../../access/harbor-access.ts';
import { type ErrorCode, isObjDockerError } from '../../errors.ts';
import type { HarborRepository } from '../../harbor/harbor.ts';
import { manifestOf, readStagingTags, tagExists } from './registry-tags.ts';
import { readStagingTag, STAGING_PREFIX } from './staging-tag.ts';
import type { StoredTag, TagStore } from './tag-store.ts';

/**
 * The tags of a Harbor's project. Each way is the one that disturbs Harbor least: a new tag is made through its API, which
 * starts no scan; a tag moves by a manifest that is put over `/v2`, so that it is there all the while (FACTS, captures 901–917). A
 * robot that may push and pull and nothing else is served over `/v2` alone, as far as that goes: it takes no tag off.
 */
export function harborTagStore({ project, registry }: Pick<PackageHarbor, 'project' | 'registry'>): TagStore {
  const at = (repository: string): HarborRepository =>
    project.repository(
      repository.startsWith(`${project.name}/`) ? repository.slice(project.name.length + 1) : repository,
    );

  const store: TagStore = {
    host: registry.host,
    canRemove: true,
    async read(repository, tag, options) {
      try {
        return (await at(repository).getArtifact(tag, options)).digest;
      } catch (error) {
        if (isMissing(error)) return undefined;
        if (!isCode(error, 'REGISTRY_FORBIDDEN')) throw error;
        return (await registry.headManifest(repository, tag, options))?.digest;
      }
    },
    async listStaging(repository, options) {
      const found: StoredTag[] = [];
      try {
        for await (const tag of at(repository).listTags({ ...options, containing: STAGING_PREFIX })) {
          if (readStagingTag(tag.name) !== undefined) found.push(tag);
        }
      } catch (error) {
        if (!isCode(error, 'REGISTRY_FORBIDDEN')) throw error;
        return await readStagingTags(registry, repository, options);
      }
      return found;
    },
    fetch: (repository, digest, options) => manifestOf(registry, repository, digest, options),
    async make(repository, digest, tag, options) {
      try {
        await createTwice(repository, digest, tag, options);
      } catch (error) {
        if (!isCode(error, 'REGISTRY_FORBIDDEN')) throw error;
        await makeByPut(repository, digest, tag, options);
      }
    },
    async move(repository, manifest, tag, options) {
      await registry.putManifest(repository, tag, manifest, options);
    },
    async remove(repository, tag, options) {
      try {
        await at(repository).removeTag(tag, options);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
    async isImmutable(repository, tag, options) {
      try {
        const { tags } = await at(repository).getArtifact(tag, options);
        return tags.some(({ name, immutable }) => name === tag && immutable);
      } catch (error) {
        if (isMissing(error) || isCode(error, 'REGISTRY_FORBIDDEN')) return false;
        throw error;
      }
    },
    async repositoriesOf(packageName, options) {
      const names: string[] = [];
      const ending = `-${packageName}`;
      try {
        for await (const { name, fullName } of project.listRepositories({ ...options, containing: ending })) {
          if (name.endsWith(ending)) names.push(fullName);
        }
      } catch (error) {
        if (!isCode(error, 'REGISTRY_FORBIDDEN')) throw error;
      }
      return names;
    },
  };

  /** Once more when the answer got lost: a tag that came of the first is what was wanted. */
  const createTwice = async (...[repository, digest, tag, options]: Parameters<TagStore['make']>): Promise<void> => {
    try {
      await at(repository).createTag(digest, tag, options);
    } catch (error) {
      if (!isCode(error, 'REGISTRY_UNREACHABLE')) throw error;
      await at(repository).createTag(digest, tag, options);
    }
  };

  const makeByPut = async (...[repository, digest, tag, options]: Parameters<TagStore['make']>): Promise<void> => {
    const manifest = await manifestOf(registry, repository, digest, options);
    const holder = await store.read(repository, tag, options);
    if (holder === digest) return;
    if (holder !== undefined) throw tagExists(registry.host, repository, tag, holder);
    await registry.putManifest(repository, tag, manifest, options);
  };

  return store;
}

function isMissing(error: unknown): boolean {
  return isCode(error, 'TAG_NOT_FOUND', 'ARTIFACT_NOT_FOUND', 'REPOSITORY_NOT_FOUND');
}

function isCode(error: unknown, ...codes: readonly ErrorCode[]): boolean {
  return isObjDockerError(error) && codes.includes(error.code);
}
