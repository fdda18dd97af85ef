import type { BuildPlan } from '../buildx/plan.ts';
import { releasesRepository } from '../config/image-name.ts';
import type { Package } from '../config/package.ts';
import { hasErrorCode, isObjDockerError } from '../errors.ts';
import type { HarborProject, ImmutableRule, Project, RetentionPolicy } from '../harbor/harbor.ts';
import { isImmutable } from '../harbor/policies/immutability.ts';
import { retentionOf } from '../harbor/policies/retention.ts';
import type { NamedArtifact } from '../harbor/policies/selector.ts';
import { parseImageReference } from '../image-ref.ts';
import type { CheckedProject } from './checked-project.ts';
import type { CheckOutcome, PreflightCheck } from './preflight.ts';

interface RetentionCheckOptions {
  readonly checked: CheckedProject;
  readonly plan: () => Promise<BuildPlan>;
}

/** Harbor's rules for retention and immutability let a release keep its images and its record, and move its public tag. */
export function retentionCheck(pkg: Package, { checked, plan }: RetentionCheckOptions): PreflightCheck {
  return {
    id: 'retention',
    title: 'Retention',
    async run(signal) {
      try {
        const released = (await plan()).images.map(({ reference }) => parseImageReference(reference));
        const { project } = await checked.harbor();
        const inProject = (path: string) => path.slice(project.name.length + 1);
        const images = released.map(({ path, tag = '' }) => ({ repository: inProject(path), tag }));
        const rules = await readRules(project, await checked.settings(), signal);
        const outcome = describeLost(project.name, { images, records: inProject(releasesRepository(pkg)) }, rules);
        const frozen = await describeFrozen(project, images, rules.immutable, signal);
        return outcome ?? frozen ?? describeFrozenStaging(project.name, images, rules) ?? summary(project.name, rules);
      } catch (error) {
        if (!isObjDockerError(error) || signal.aborted) throw error;
        // Other checks report what is wrong with the Dockerfile or the registry.
        const isForbidden = hasErrorCode(error, 'REGISTRY_FORBIDDEN');
        return skipped(isForbidden ? error.message : 'the rules cannot be read');
      }
    },
  };
}

interface Rules {
  readonly retention: RetentionPolicy | undefined;
  readonly immutable: readonly ImmutableRule[];
}

/** Reads the rules of a project. @throws {ObjDockerError} REGISTRY_FORBIDDEN */
export async function readRules(project: HarborProject, { retentionId }: Project, signal: AbortSignal): Promise<Rules> {
  const [retention, immutable] = await Promise.all([
    retentionId === undefined ? undefined : project.retentionPolicy(retentionId, { signal }),
    project.immutableRules({ signal }),
  ]);
  return { retention, immutable };
}

interface ReleasedImage {
  /** Without the project. */
  readonly repository: string;
  /** The public tag. */
  readonly tag: string;
}

// Patterns such as `release-?` do not match the numbers of later releases.
const NUMBERS = [1, 1234];

/** The artifacts of a release: images with and without a public tag, and records. */
function artifactsOf(images: readonly ReleasedImage[], records: string): readonly NamedArtifact[] {
  return NUMBERS.flatMap((number) => [
    ...images.flatMap(({ repository, tag }) => [
      { repository, tags: [`release-${number}`, tag] },
      { repository, tags: [`release-${number}`] },
    ]),
    { repository: records, tags: [`${number}`] },
    { repository: records, tags: [`${number}.end`] },
  ]);
}

/** What retention would delete of releases; undefined when it keeps everything. */
export function describeLost(
  project: string,
  { images, records }: { readonly images: readonly ReleasedImage[]; readonly records: string },
  { retention, immutable }: Rules,
): CheckOutcome | undefined {
  const lost = artifactsOf(images, records).filter((each) => retentionOf(retention, immutable, each) !== 'kept');
  if (lost.length === 0) return describeLostStaging(project, images, { retention, immutable });
  const repositories = [...new Set(lost.map(({ repository }) => repository))];
  const ofImages = repositories.filter((name) => name !== records);
  const rules = [
    ...(ofImages.length === 0 ? [] : [`for the repositories ${pattern(ofImages)} matching the tags release-*`]),
    ...(repositories.includes(records) ? [`for the repository ${records} matching the tags **`] : []),
  ];
  const what = repositories.map(
    (name) =>
      `${[...new Set(lost.filter(({ repository }) => repository === name).flatMap(({ tags }) => tags))].join(', ')} in ${name}`,
  );
  return {
    status: 'warning',
    detail: `the tag retention of project ${project} deletes images or records of releases: ${what.join('; ')}`,
    hint: `Add to the project (Policy, Tag Retention) rules that retain always: ${rules.join(', and ')}.`,
  };
}

/** Images of a run that retention would delete while they are scanned. */
function describeLostStaging(
  project: string,
  images: readonly ReleasedImage[],
  { retention, immutable }: Rules,
): CheckOutcome | undefined {
  const lost = images
    .map(({ repository }) => ({ repository, tags: [STAGING_TAG] }))
    // One that expires is among the newest as long as the run takes.
    .filter((each) => retentionOf(retention, immutable, each) === 'deleted')
    .map(({ repository }) => repository);
  if (lost.length === 0) return undefined;
  return {
    status: 'warning',
    detail: `the tag retention of project ${project} deletes the images of a run before they are released: objdocker-* in ${lost.join(', ')}`,
    hint: `Add to the project (Policy, Tag Retention) a rule that retains always: for the repositories ${pattern(lost)} matching the tags objdocker-*.`,
  };
}

const pattern = (names: readonly string[]): string => (names.length === 1 ? `${names[0]}` : `{${names.join(',')}}`);

/** A staging tag, with which a run keeps its images until they are released. */
const STAGING_TAG = 'objdocker-20260101T000000Z-0123456789ab';

/** Staging tags that a run could not remove at its end. */
function describeFrozenStaging(
  project: string,
  images: readonly ReleasedImage[],
  { immutable }: Rules,
): CheckOutcome | undefined {
  const frozen = images.filter(({ repository }) => isImmutable(immutable, { repository, tags: [STAGING_TAG] }));
  if (frozen.length === 0) return undefined;
  const names = frozen.map(({ repository }) => repository).join(', ');
  return {
    status: 'warning',
    detail: `a rule of project ${project} makes the staging tags of runs immutable: no run can remove its objdocker-* tags in ${names}, and their images stay`,
    hint: 'Let the rule exclude tags that match objdocker-** (Policy, Tag Immutability).',
  };
}

/** Public tags that exist and are immutable. One that does not exist can be created. */
async function describeFrozen(
  project: HarborProject,
  images: readonly ReleasedImage[],
  immutable: readonly ImmutableRule[],
  signal: AbortSignal,
): Promise<CheckOutcome | undefined> {
  const candidates = images.filter(({ repository, tag }) => isImmutable(immutable, { repository, tags: [tag] }));
  const frozen = await Promise.all(
    candidates.map(async ({ repository, tag }) =>
      (await exists(project, repository, tag, signal)) ? [`${repository}:${tag}`] : [],
    ),
  );
  if (frozen.flat().length === 0) return undefined;
  return {
    status: 'warning',
    detail: `a rule of project ${project.name} makes public tags immutable: ${frozen.flat().join(', ')} cannot be moved`,
    hint: 'Release under another tag, or change the rule (Policy, Tag Immutability).',
  };
}

async function exists(project: HarborProject, repository: string, tag: string, signal: AbortSignal): Promise<boolean> {
  try {
    await project.repository(repository).getArtifact(tag, { signal });
    return true;
  } catch (error) {
    if (hasErrorCode(error, 'TAG_NOT_FOUND', 'REPOSITORY_NOT_FOUND')) return false;
    throw error;
  }
}

function summary(project: string, { retention }: Rules): CheckOutcome {
  const detail =
    retention === undefined
      ? `project ${project} has no tag retention`
      : `the tag retention of project ${project} keeps images and records of releases`;
  return { status: 'ok', detail };
}

function skipped(detail: string): CheckOutcome {
  return { status: 'skipped', detail };
}
