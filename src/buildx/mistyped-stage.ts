import { suggest } from '../lib/text/suggest.ts';

/**
 * Returns the stage that is probably meant by an image of FROM, COPY --from or RUN --mount=from. BuildKit takes a name that no stage
 * has for an image on Docker Hub. Undefined for a name with a registry, a folder, a tag or a digest, and when no stage is close.
 *
 * @param stages the names of all stages
 */
export function mistypedStage(image: string, stages: readonly string[]): string | undefined {
  return /^[a-z0-9_-]+$/i.test(image) ? suggest(image, stages) : undefined;
}
