import { ObjDockerError } from '../../errors.ts';
import type { Registry } from '../../registry/registry.ts';
import { fetchManifest, listPipelineTags, tagExists } from './registry-tags.ts';
import type { TagStore } from './tag-store.ts';

/** The tags of a registry over the distribution API alone, which cannot delete a tag and keep its image. */
export function plainTagStore(registry: Registry): TagStore {
  const { host } = registry;
  return {
    host,
    canRemove: false,
    async read(repository, tag, options) {
      return (await registry.headManifest(repository, tag, options))?.digest;
    },
    listPipelineTags: (repository, options) => listPipelineTags(registry, repository, options),
    fetchManifest: (repository, digest, options) => fetchManifest(registry, repository, digest, options),
    async create(repository, digest, tag, options) {
      const holder = (await registry.headManifest(repository, tag, options))?.digest;
      if (holder === digest) return;
      if (holder !== undefined) throw tagExists(host, repository, tag, holder);
      const manifest = await fetchManifest(registry, repository, digest, options);
      await registry.putManifest(repository, tag, manifest, options);
    },
    async move(repository, manifest, tag, options) {
      await registry.putManifest(repository, tag, manifest, options);
    },
    async remove(repository, tag) {
      throw new ObjDockerError('REGISTRY_ERROR', `cannot remove the tag ${host}/${repository}:${tag}`, {
        hint: 'The distribution API can delete a tag only together with its image.',
      });
    },
    isImmutable: async () => false,
    repositoriesOf: async () => [],
  };
}
