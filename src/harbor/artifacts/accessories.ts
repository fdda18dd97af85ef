import * as z from 'zod';
import { isObjDockerError } from '../../errors.ts';
import type { RequestOptions } from '../../lib/http/request-options.ts';
import type { Accessory } from '../../model/harbor.ts';
import type { HarborApi } from '../client/harbor-api.ts';
import { artifactPath, formatRef, type RepositoryRef } from '../refs.ts';

/** Harbor's type of every referrer that it does not know. */
const UNKNOWN_TYPE = 'subject.accessory';

// Before 2.11, Harbor shows only the config's media type, which it also takes for the artifact type.
const typeSchema = z.looseObject({ artifact_type: z.string().nullish(), media_type: z.string().nullish() });

/** Adds the artifact type of accessories that Harbor lists without a type of their own: a request each. */
export async function readAccessoryTypes(
  api: HarborApi,
  ref: RepositoryRef,
  accessories: readonly Accessory[],
  options: RequestOptions = {},
): Promise<readonly Accessory[]> {
  return Promise.all(
    accessories.map(async (accessory) => {
      if (accessory.type !== UNKNOWN_TYPE) return accessory;
      const at = { ...ref, reference: accessory.digest };
      const request = {
        path: artifactPath(at),
        doing: `read ${formatRef(at)}`,
        permission: 'artifact:read',
        project: ref.project,
      } as const;
      try {
        const { artifact_type, media_type } = await api.read(typeSchema, request, options);
        const artifactType = artifact_type || media_type;
        return artifactType ? { ...accessory, artifactType } : accessory;
      } catch (error) {
        // It was deleted meanwhile, or may not be read: its digest is still right.
        if (!isObjDockerError(error) || error.code === 'CANCELLED') throw error;
        return accessory;
      }
    }),
  );
}
