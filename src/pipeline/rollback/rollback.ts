import type { Package } from '../../config/package.ts';
import { hasErrorCode, ObjDockerError } from '../../errors.ts';
import { createOperation, expectListeners, type Operation } from '../../lib/operation.ts';
import { joinWords } from '../../lib/text/words.ts';
import { FINDING_SEVERITIES } from '../../model/enums.ts';
import type { ReleasedService } from '../../model/release.ts';
import type { RollbackReport } from '../../model/rollback.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import type { Verdict } from '../../model/verdict.ts';
import type { History } from '../../release/records.ts';
import { readTag, type TaggedArtifact } from '../../release/store/tag-store.ts';
import type { PipelineEvent } from '../events.ts';
import type { PipelineDependencies, RollbackOptions } from '../options.ts';
import { type Evaluated, recordedVerdict } from '../policy/recorded-verdict.ts';
import type { ReleasePlan } from '../promotion/promote.ts';
import { makeRecord, type ReleaseSession, settleReleases, withReleaseSession } from '../run/release-session.ts';
import { chooseTarget, type RollbackTarget } from './choose-target.ts';
import { comparable, evaluateReleased, isWorse } from './evaluate-released.ts';
import { type RollbackImage, releasedImage, rollbackImages } from './images.ts';
import { startScans } from './start-scans.ts';

/** Goes back to an earlier release of a package; see ObjBuild.rollback. */
export function rollbackPackage(
  pkg: Package,
  options: RollbackOptions,
  dependencies: PipelineDependencies,
): Operation<PipelineEvent, RollbackReport> {
  return createOperation(async ({ emit, signal }) => {
    expectListeners(signal);
    if (options.force === true && !options.reason?.trim())
      throw new ObjDockerError('USAGE', 'a rollback against the policy needs a reason', {
        hint: 'It goes on record: --force --reason "…"',
      });
    const { ignoredRecords } = options;
    return await withReleaseSession(
      pkg,
      { ignoredRecords, emit: (event) => void emit(event), signal },
      dependencies,
      (session) => rollback(session, options),
    );
  }, options.signal);
}

async function rollback(session: ReleaseSession, options: RollbackOptions): Promise<RollbackReport> {
  const history = await settleReleases(session);
  const chosen = await chooseTarget(session, history, options);
  const images = rollbackImages(chosen, options);
  const sides = await evaluateBoth(session, images).catch((error: unknown) => {
    throw hasErrorCode(error, 'ARTIFACT_NOT_FOUND', 'REPOSITORY_NOT_FOUND') ? imageGone(chosen, images, error) : error;
  });
  const forced = checkPolicy(session, { options, chosen, ...sides });
  const { evaluated, evaluatedBefore } = sides;
  const { current, target, tags } = chosen;
  const source = options.services === undefined ? target : current;
  const stored = await makeRecord(session, {
    origin: {
      kind: 'rollback',
      reason: options.reason,
      target: target.record.number,
      forced,
      revision: source.record.revision,
      policy: evaluated?.verdict.policy ?? source.record.policy,
      database: await session.registry.project?.scannerDatabase({ signal: session.signal }),
    },
    tags,
    plan: await planRollback(session, { history, chosen, images, evaluated, options }),
    async replan(found) {
      const again = await chooseTarget(session, found, options);
      if (again.current.digest !== current.digest || again.target.digest !== target.digest)
        throw changedMeanwhile(session.pkg, found);
      return await planRollback(session, { history: found, chosen, images, evaluated, options });
    },
  });
  if (stored === undefined) throw new Error('the rollback was not recorded');
  const kept = keptServices(chosen, options);
  if (kept.length > 0)
    session.warn(`release ${target.record.number} does not have ${joinWords(kept)}: what is public of it stays`);
  return {
    release: { ...stored.record, digest: stored.digest, state: 'done', currentFor: [...tags] },
    from: current.record.number,
    to: target.record.number,
    kept,
    ...(evaluated === undefined ? {} : { verdict: evaluated.verdict }),
    ...(evaluatedBefore === undefined ? {} : { verdictBefore: evaluatedBefore.verdict }),
    scans: await startScans(session, changedServices(images), evaluated),
  };
}

function imageGone(
  { target }: RollbackTarget,
  images: readonly RollbackImage[],
  cause: ObjDockerError,
): ObjDockerError {
  const gone = images.find(({ service }) => cause.message.includes(service.digest))?.service;
  const name = gone === undefined ? 'an image' : `the image of ${gone.service ?? gone.repository}`;
  return new ObjDockerError(
    'ARTIFACT_NOT_FOUND',
    `${name} of release ${target.record.number} is not in the registry any more: there is nothing to go back to`,
    {
      hint: `Nothing was changed. Go back to another release: --to NUMBER, of those that objdocker releases ${target.record.package} lists.`,
      details: { release: target.record.number, ...(gone === undefined ? {} : { digest: gone.digest }) },
      cause,
    },
  );
}

interface EvaluatedSides {
  /** The images to go back to. */
  readonly evaluated: Evaluated | undefined;
  /** Those that they replace; undefined when all pass that they are replaced with. */
  readonly evaluatedBefore: Evaluated | undefined;
}

/** Evaluates the images to go back to, and, when the policy has something against them, those that they replace. */
async function evaluateBoth(session: ReleaseSession, images: readonly RollbackImage[]): Promise<EvaluatedSides> {
  const evaluated = await evaluateReleased(session, changedServices(images));
  if (evaluated === undefined || evaluated.verdict.outcome === 'passed')
    return { evaluated, evaluatedBefore: undefined };
  const before = images.flatMap(({ before, isChanged }) => (isChanged && before !== undefined ? [before] : []));
  return { evaluated, evaluatedBefore: await evaluateReleased(session, before) };
}

function changedServices(images: readonly RollbackImage[]): ReleasedService[] {
  return images.filter(({ isChanged }) => isChanged).map(({ service }) => service);
}

interface CheckInput extends EvaluatedSides {
  readonly options: RollbackOptions;
  readonly chosen: RollbackTarget;
}

/**
 * Whether the policy has more against the images to go back to, and the caller wants them all the same.
 *
 * @throws {ObjDockerError} RELEASE_WORSE
 */
function checkPolicy(
  { warn }: ReleaseSession,
  { options, chosen: { current, target }, evaluated, evaluatedBefore }: CheckInput,
): boolean {
  if (evaluated === undefined) warn('the registry has no scans: nothing was evaluated');
  if (evaluated === undefined || evaluatedBefore === undefined) return false;
  for (const { service, repository, reason } of comparable(evaluated.verdict).unknown)
    warn(`what the policy says about ${service ?? repository} is not known: ${reason ?? 'it has no report'}`);
  if (!isWorse(evaluated.verdict, evaluatedBefore.verdict)) return false;
  const difference = `release ${target.record.number} ${describeRejections(evaluated.verdict)}, release ${current.record.number} ${describeRejections(evaluatedBefore.verdict)}`;
  if (options.force === true) {
    warn(`today's policy is against it: ${difference}`);
    return true;
  }
  throw new ObjDockerError(
    'RELEASE_WORSE',
    `today's policy has more against the release to go back to: ${difference}`,
    {
      hint: 'Nothing was changed. Go back further with --to, or all the same: --force --reason "…", which goes on record.',
      details: { from: current.record.number, to: target.record.number },
    },
  );
}

/** `is rejected for 2 critical, 1 high` */
function describeRejections(verdict: Verdict): string {
  const { counts } = comparable(verdict);
  const texts = FINDING_SEVERITIES.filter((severity) => counts[severity] > 0).map(
    (severity) => `${counts[severity]} ${severity}`,
  );
  const reasons = verdict.images.flatMap(({ outcome, reason }) => (outcome === 'rejected' ? (reason ?? []) : []));
  return texts.length + reasons.length === 0 ? 'passes' : `is rejected for ${[...texts, ...reasons].join(', ')}`;
}

interface PlanInput {
  readonly history: History;
  readonly chosen: RollbackTarget;
  readonly images: readonly RollbackImage[];
  readonly evaluated: Evaluated | undefined;
  readonly options: RollbackOptions;
}

async function planRollback(
  { registry, signal }: ReleaseSession,
  { history, chosen, images, evaluated, options }: PlanInput,
): Promise<ReleasePlan> {
  const { store } = registry;
  // Where the current release says nothing, or is not to count, what is there is what is expected.
  const unknown = images.filter(({ before }) => before === undefined || options.adopt === true);
  const found = await Promise.all(
    unknown.flatMap(({ service: { repository } }) =>
      chosen.tags.map(
        async (tag) => [`${repository}:${tag}`, await readTag(store, repository, tag, { signal })] as const,
      ),
    ),
  );
  const read = new Map<string, string | undefined>(found);
  const before = new Map(images.map(({ service, before }) => [service.repository, before?.digest]));
  return {
    history,
    currents: [chosen.current],
    known: (evaluated?.images ?? []).flatMap(({ report }) =>
      report === undefined ? [] : [{ repository: report.repository, found: taggedArtifact(report) }],
    ),
    images: images.map(({ service, isChanged }) => {
      const image = releasedImage(service);
      return isChanged
        ? { ...image, ...(evaluated === undefined ? {} : recordedVerdict(service, evaluated)) }
        : { ...image, carried: true };
    }),
    expected({ repository }, tag) {
      const key = `${repository}:${tag}`;
      return read.has(key) ? read.get(key) : before.get(repository);
    },
  };
}

function taggedArtifact({ digest, tags }: ScanReport): TaggedArtifact {
  return { digest, tags: tags.map((name) => ({ name, immutable: false })) };
}

/** The services that only the current release has. */
function keptServices({ current, target }: RollbackTarget, { services }: RollbackOptions): string[] {
  if (services !== undefined) return [];
  return current.record.services
    .filter(({ repository }) => !target.record.services.some((each) => each.repository === repository))
    .map(({ service, repository }) => service ?? repository);
}

function changedMeanwhile({ name }: Package, { newest }: History): ObjDockerError {
  return new ObjDockerError('RELEASE_OVERTAKEN', `another run has made record ${newest} of ${name} meanwhile`, {
    hint: `Nothing was changed. Look at what is current now, and repeat the command: objdocker releases ${name}`,
  });
}
