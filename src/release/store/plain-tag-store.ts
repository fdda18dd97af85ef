import { ObjDockerError } from '../../errors.ts';
import type { Registry } from '../../registry/registry.ts';
import { fetchManifest, listStagingTags, registryContent, tagExists } from './registry-tags.ts';
import type { TagStore } from './tag-store.ts';

/** The tags of a registry over the distribution API alone, which cannot delete a tag and keep its image. */
export function plainTagStore(registry: Registry): TagStore {
  const { host } = registry;
  const find: TagStore['find'] = async (repository, tag, options) => {
    const found = await registry.headManifest(repository, tag, options);
    return found === undefined ? undefined : { digest: found.digest };
  };
  const create: TagStore['create'] = async (repository, digest, tag, options) => {
    const holder = (await find(repository, tag, options))?.digest;
    if (holder === digest) return;
    if (holder !== undefined) throw tagExists(host, repository, tag, holder);
    const manifest = await fetchManifest(registry, repository, digest, options);
    await registry.putManifest(repository, tag, manifest, options);
  };
  return {
    host,
    canRemove: false,
    claimsAreFinal: false,
    ...registryContent(registry),
    find,
    listStagingTags: (repository, options) => listStagingTags(registry, repository, options),
    latestTags: async () => undefined,
    create,
    async claim(repository, digest, tag, options) {
      await create(repository, digest, tag, options);
      const holder = (await find(repository, tag, options))?.digest;
      if (holder !== undefined && holder !== digest) throw tagExists(host, repository, tag, holder);
    },
    async move(repository, manifest, tag, options) {
      await registry.putManifest(repository, tag, manifest, options);
    },
    async remove(repository, tag) {
      throw new ObjDockerError('REGISTRY_ERROR', `cannot remove the tag ${host}/${repository}:${tag}`, {
        hint: 'The distribution API can delete a tag only together with its image.',
      });
    },
    repositoriesOf: async () => [],
  };
}
