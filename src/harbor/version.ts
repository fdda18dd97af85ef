import * as z from 'zod';
import { ObjDockerError } from '../errors.ts';
import type { RequestOptions } from '../lib/http/request-options.ts';
import { isAtLeast } from '../lib/version.ts';
import type { HarborApi } from './client/harbor-api.ts';

const infoSchema = z.looseObject({ harbor_version: z.string().nullish() });

/** The version of Harbor, such as `v2.15.2-080b0220`; undefined for an anonymous user (capture 003). */
export async function readVersion(api: HarborApi, options: RequestOptions = {}): Promise<string | undefined> {
  const { harbor_version: version } = await api.read(
    infoSchema,
    { path: '/systeminfo', doing: 'read the version of Harbor', permission: undefined },
    options,
  );
  return version || undefined;
}

/**
 * Checks that Harbor has a feature. An unknown version passes.
 *
 * @param feature as it follows the version: `has no SBOMs`
 * @throws {ObjDockerError} REGISTRY_TOO_OLD
 */
export async function requireVersion(
  api: HarborApi,
  least: string,
  feature: string,
  options: RequestOptions = {},
): Promise<void> {
  const version = await readVersion(api, options);
  if (version === undefined || isAtLeast(version, least)) return;
  throw new ObjDockerError('REGISTRY_TOO_OLD', `Harbor ${version} at ${api.host} ${feature}`, {
    hint: `Harbor ${least} and newer have them: ask its administrator for an update.`,
    details: { version, least },
  });
}
