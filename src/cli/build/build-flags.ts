import * as z from 'zod';
import type { BuildPackageOptions } from '../../build/build-package.ts';

/** The values of the flags that `build` and `pipeline` share. */
export const BUILD_FLAGS = {
  service: z.array(z.string()).optional(),
  tag: z.string().optional(),
  platform: z.array(z.string()).optional(),
  cache: z.boolean().default(true),
  pull: z.boolean().default(false),
  builder: z.string().optional(),
} as const;

type BuildFlags = z.infer<z.ZodObject<typeof BUILD_FLAGS>>;

/** The options of a build by its flags. */
export function buildOptionsOf({ service, tag, platform, cache, pull, builder }: BuildFlags) {
  return {
    services: service,
    tag,
    platforms: platform?.flatMap((list) => list.split(',')),
    noCache: !cache,
    pull,
    builder,
  } satisfies BuildPackageOptions;
}
