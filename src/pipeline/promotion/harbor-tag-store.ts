import type { PackageHarbor } from '../../access/harbor-access.ts';
import { fillIn, serviceOfName } from '../../config/image-name.ts';
import { hasErrorCode } from '../../errors.ts';
import type { HarborRepository } from '../../harbor/harbor.ts';
import { fetchManifest, listPipelineTags, tagExists } from './registry-tags.ts';
import { PIPELINE_TAG_PREFIX, parsePipelineTag } from './tag-format.ts';
import type { StoredTag, TagStore } from './tag-store.ts';

/**
 * The tags of a Harbor project, changed in the ways that disturb Harbor least. A new tag is created through Harbor's API: that
 * starts no scan, and Harbor refuses it for a tag that exists. A tag is moved by a PUT of the manifest over `/v2`: that starts a
 * scan where the project scans on push, and the tag never disappears. A robot that may only push and pull is served over `/v2`
 * alone and cannot remove tags.
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
        if (!hasErrorCode(error, 'REGISTRY_FORBIDDEN')) throw error;
        return (await registry.headManifest(repository, tag, options))?.digest;
      }
    },
    async listPipelineTags(repository, options) {
      const found: StoredTag[] = [];
      try {
        for await (const tag of at(repository).listTags({ ...options, containing: PIPELINE_TAG_PREFIX })) {
          if (parsePipelineTag(tag.name) !== undefined) found.push(tag);
        }
      } catch (error) {
        if (!hasErrorCode(error, 'REGISTRY_FORBIDDEN')) throw error;
        return await listPipelineTags(registry, repository, options);
      }
      return found;
    },
    fetchManifest: (repository, digest, options) => fetchManifest(registry, repository, digest, options),
    async create(repository, digest, tag, options) {
      try {
        await createWithRetry(repository, digest, tag, options);
      } catch (error) {
        if (!hasErrorCode(error, 'REGISTRY_FORBIDDEN')) throw error;
        await createByPut(repository, digest, tag, options);
      }
    },
    async move(repository, manifest, tag, options) {
      await registry.putManifest(repository, tag, manifest, options);
    },
    async remove(repository, tag, options) {
      try {
        await at(repository).untag(tag, options);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
    async isImmutable(repository, tag, options) {
      try {
        const { tags } = await at(repository).getArtifact(tag, options);
        return tags.some(({ name, immutable }) => name === tag && immutable);
      } catch (error) {
        if (isMissing(error) || hasErrorCode(error, 'REGISTRY_FORBIDDEN')) return false;
        throw error;
      }
    },
    async repositoriesOf(pkg, options) {
      const names: string[] = [];
      // Harbor searches for the fixed part of the name at its end or its beginning.
      const filled = fillIn(pkg.image.name, { service: '\0', package: pkg.name }).split('\0');
      const containing = filled.at(-1) || filled[0] || undefined;
      try {
        for await (const { name, fullName } of project.listRepositories({ ...options, containing })) {
          if (serviceOfName(pkg, name) !== undefined) names.push(fullName);
        }
      } catch (error) {
        if (!hasErrorCode(error, 'REGISTRY_FORBIDDEN')) throw error;
      }
      return names;
    },
  };

  /** Retries after a lost response: a tag that the first request created is what was requested. */
  const createWithRetry = async (
    ...[repository, digest, tag, options]: Parameters<TagStore['create']>
  ): Promise<void> => {
    try {
      await at(repository).createTag(digest, tag, options);
    } catch (error) {
      if (!hasErrorCode(error, 'REGISTRY_UNREACHABLE')) throw error;
      await at(repository).createTag(digest, tag, options);
    }
  };

  const createByPut = async (...[repository, digest, tag, options]: Parameters<TagStore['create']>): Promise<void> => {
    const manifest = await fetchManifest(registry, repository, digest, options);
    const holder = await store.read(repository, tag, options);
    if (holder === digest) return;
    if (holder !== undefined) throw tagExists(registry.host, repository, tag, holder);
    await registry.putManifest(repository, tag, manifest, options);
  };

  return store;
}

function isMissing(error: unknown): boolean {
  return hasErrorCode(error, 'TAG_NOT_FOUND', 'ARTIFACT_NOT_FOUND', 'REPOSITORY_NOT_FOUND');
}
