import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import { rulesDeleting } from '../../harbor/policies/retention.ts';
import { shortDigest } from '../../lib/text/words.ts';
import { STAGING_TAG_PREFIX } from '../../release/staging-tag.ts';
import type { ReadyContext, RunImage } from './context.ts';

/** How long Harbor may take to tell its rules: the run has failed already. */
const RULES_MS = 10_000;

/** The error for an image that this run has pushed and tagged, and that is gone: somebody or something deleted it since. */
export async function deletedMeanwhile(
  context: ReadyContext,
  { reference, repository }: Pick<RunImage, 'reference' | 'repository'>,
  digest: string,
  cause: unknown,
): Promise<ObjDockerError> {
  return new ObjDockerError(
    'ARTIFACT_NOT_FOUND',
    `the image that this run pushed for ${reference} (${shortDigest(digest)}) was deleted from Harbor before it was released`,
    { hint: await whoDeleted(context, repository), cause },
  );
}

async function whoDeleted({ registry, progress, signal }: ReadyContext, repository: string): Promise<string> {
  const { project } = registry;
  const keep = `let the tag retention keep tags that match ${STAGING_TAG_PREFIX}**, then run again`;
  const unknown = `Somebody deleted it, or a tag retention rule of the project did (Policy, Tag Retention): ${keep}.`;
  if (project === undefined) return unknown;
  const options = { signal: AbortSignal.any([signal, AbortSignal.timeout(RULES_MS)]) };
  try {
    const { retentionId } = await project.get(options);
    const [policy, immutable] = await Promise.all([
      retentionId === undefined ? undefined : project.retentionPolicy(retentionId, options),
      project.immutableRules(options),
    ]);
    const artifact = { repository: repository.slice(project.name.length + 1), tags: [progress.run] };
    const [first, ...others] = rulesDeleting(policy, immutable, artifact);
    if (first === undefined)
      return `Somebody deleted it: no tag retention rule of project ${project.name} does. The audit log of Harbor says who (Administration, Audit Log). Then run again.`;
    const rules = [first, ...others].map((rule) => `"${rule}"`).join(', ');
    const which =
      others.length === 0 ? `this tag retention rule does not keep` : `these tag retention rules do not keep`;
    return `In project ${project.name} ${which} it: ${rules}. Probably they deleted it, else somebody did: ${keep}.`;
  } catch (error) {
    // Without the permission to read the rules, or when the whole run is being cancelled.
    if (!isObjDockerError(error)) throw error;
    return unknown;
  }
}
