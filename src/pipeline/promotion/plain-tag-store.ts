import { ObjDockerError } from '../../errors.ts';
import type { Registry } from '../../registry/registry.ts';
import { manifestOf, readStagingTags, tagExists } from './registry-tags.ts';
import type { TagStore } from './tag-store.ts';

/** The tags of a registry, over the distribution API alone, which takes no tag off without its image. */
export function plainTagStore(registry: Registry): TagStore {
  const { host } = registry;
  return {
    host,
    canRemove: false,
    async read(repository, tag, options) {
      return (await registry.headManifest(repository, tag, options))?.digest;
    },
    listStaging: (repository, options) => readStagingTags(registry, repository, options),
    fetch: (repository, digest, options) => manifestOf(registry, repository, digest, options),
    async make(repository, digest, tag, options) {
      const holder = (await registry.headManifest(repository, tag, options))?.digest;
      if (holder === digest) return;
      if (holder !== undefined) throw tagExists(host, repository, tag, holder);
      const manifest = await manifestOf(registry, repository, digest, options);
      await registry.putManifest(repository, tag, manifest, options);
    },
    async move(repository, manifest, tag, options) {
      await registry.putManifest(repository, tag, manifest, options);
    },
    async remove(repository, tag) {
      throw new ObjDockerError('REGISTRY_ERROR', `cannot take the tag ${host}/${repository}:${tag} off`, {
        hint: 'The distribution API has no way to do so without its image: it stays.',
      });
    },
    isImmutable: async () => false,
    repositoriesOf: async () => [],
  };
}
