import type { PackageHarbor } from '../../access/harbor-access.ts';
import { fillIn, serviceOfName } from '../../config/image-name.ts';
import { hasErrorCode } from '../../errors.ts';
import type { HarborRepository } from '../../harbor/harbor.ts';
import { parseStagingTag, STAGING_TAG_PREFIX } from '../staging-tag.ts';
import { fetchManifest, listStagingTags, registryContent, tagExists } from './registry-tags.ts';
import type { StoredTag, TagStore } from './tag-store.ts';

/** How many of the newest artifacts tell the newest release: those without a tag are among them. */
const LATEST = 15;

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
    claimsAreFinal: true,
    ...registryContent(registry),
    async find(repository, tag, options) {
      try {
        return await at(repository).findTag(tag, options);
      } catch (error) {
        if (!hasErrorCode(error, 'REGISTRY_FORBIDDEN')) throw error;
        return await registry.headManifest(repository, tag, options);
      }
    },
    async listStagingTags(repository, options) {
      const found: StoredTag[] = [];
      try {
        for await (const tag of at(repository).listTags({ ...options, containing: STAGING_TAG_PREFIX })) {
          if (parseStagingTag(tag.name) !== undefined) found.push(tag);
        }
      } catch (error) {
        if (!hasErrorCode(error, 'REGISTRY_FORBIDDEN')) throw error;
        return await listStagingTags(registry, repository, options);
      }
      return found;
    },
    async latestTags(repository, options) {
      try {
        const artifacts = await at(repository).newestArtifacts(LATEST, options);
        const tags = artifacts.flatMap(({ tags }) => tags.map(({ name }) => name));
        return artifacts.length > 0 && tags.length === 0 ? undefined : tags;
      } catch (error) {
        if (hasErrorCode(error, 'REGISTRY_FORBIDDEN')) return undefined;
        throw error;
      }
    },
    async create(repository, digest, tag, options) {
      try {
        await createWithRetry(repository, digest, tag, options);
      } catch (error) {
        if (!hasErrorCode(error, 'REGISTRY_FORBIDDEN')) throw error;
        await createByPut(repository, digest, tag, options);
      }
    },
    claim: (repository, digest, tag, options) => createWithRetry(repository, digest, tag, options),
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
    const holder = (await store.find(repository, tag, options))?.digest;
    if (holder === digest) return;
    if (holder !== undefined) throw tagExists(registry.host, repository, tag, holder);
    await registry.putManifest(repository, tag, manifest, options);
  };

  return store;
}

function isMissing(error: unknown): boolean {
  return hasErrorCode(error, 'TAG_NOT_FOUND', 'ARTIFACT_NOT_FOUND', 'REPOSITORY_NOT_FOUND');
}
