import { recordedInputs } from '../../build/inputs/differences.ts';
import { hasErrorCode, isObjDockerError } from '../../errors.ts';
import { throwIfCancelled } from '../../lib/operation.ts';
import { isScanned, type PipelineOutcome } from '../../model/enums.ts';
import type { ServiceInputs } from '../../model/inputs.ts';
import type { Promotion } from '../../model/pipeline-run.ts';
import type { Verdict } from '../../model/verdict.ts';
import { describeActor } from '../../release/actor.ts';
import type { ReleaseImage, ReleaseOrigin } from '../../release/new-record.ts';
import type { GateImage } from '../policy/image.ts';
import { recordedVerdict } from '../policy/recorded-verdict.ts';
import { type PromoteResult, promote, type ReleasePlan } from '../promotion/promote.ts';
import type { ReadyContext } from '../run/context.ts';
import { deletedMeanwhile } from '../run/deleted-image.ts';
import { repositoryOf } from '../run/open-registry.ts';
import type { ScanSettings } from '../run/push-settings.ts';
import type { StageResult } from '../run/run-progress.ts';
import { withdrawnError } from '../run/withdrawn.ts';
import { evaluateImages } from './gate.ts';
import type { ImagePlan, ReusedImage } from './image-plan.ts';
import type { PushedImage } from './push.ts';
import { expectedOf, type ReleaseState, readReleased, settling } from './recover.ts';

export interface PromoteStage extends StageResult {
  /** Undefined when the public tags point to the images of a new release. */
  readonly outcome?: PipelineOutcome;
  /** The references of images that were built, while another run released one that was made from the same. */
  readonly releasedByOther?: ReadonlySet<string>;
}

export interface PromoteInput {
  /** In the order of the images. */
  readonly planned: readonly ImagePlan[];
  /** By public reference. */
  readonly pushed: ReadonlyMap<string, PushedImage>;
  /** What was released when the run started. */
  readonly released: ReleaseState;
  /** The images that the gate has evaluated; undefined for a run without scans. */
  readonly scanned: readonly GateImage[] | undefined;
  readonly verdict: Verdict | undefined;
  readonly scanSettings: ScanSettings | undefined;
}

/** Moves the public tags, all or none. Once it has moved a tag, the signal does not stop it. */
export async function promoteImages(context: ReadyContext, input: PromoteInput): Promise<PromoteStage> {
  const { progress, registry, records, tags, signal } = context;
  throwIfCancelled(signal);
  const built = input.planned.map((planned) => releaseImage(context, planned, input));
  const plan = planRelease(context, built, input.released);
  const needsRescan = warnAboutRescans(context, plan, input);
  let releasedByOther: ReadonlySet<string> = new Set();
  let locked: { readonly number: number; readonly digest: string } | undefined;
  const { onWaiting, onRecovered } = records === undefined ? SILENT : settling(context);
  // A tag that the run has moved back before it built is where it must be, but not where it was.
  const unchanged = (reference: string): Promotion => (input.released.reset.has(reference) ? 'moved' : 'unchanged');
  const result = await promoteOrExplain(context, built, {
    store: registry.store,
    records,
    origin: originOf(context, input),
    database: async () => (input.verdict === undefined ? undefined : registry.project?.scannerDatabase({ signal })),
    inputs: await inputsToRecord(context, input),
    tags,
    plan,
    async replan(history) {
      const released = await readReleased(context, history);
      const others = input.planned.map((planned) => releasedMeanwhile(context, planned, released));
      releasedByOther = new Set(
        input.planned.flatMap(({ image }, index) => (others[index] === undefined ? [] : [image.reference])),
      );
      return planRelease(
        context,
        built.map((image, index) => others[index] ?? image),
        released,
      );
    },
    onLocked(release) {
      locked = release;
      progress.update({ release: { ...release, state: 'open' } });
      void progress.emit({ type: 'release', ...release });
    },
    onPromotion({ reference, digest, promotion: found }) {
      const promotion = found === 'unchanged' ? unchanged(reference) : found;
      progress.updateTag(reference, { promotion });
      void progress.emit({ type: 'promotion', reference, digest, promotion });
    },
    onWaiting,
    onRecovered,
    onWarning: (message) => progress.warn(message),
    signal,
  });
  const release = (state: 'done' | 'undone'): void => {
    if (locked !== undefined) progress.update({ release: { ...locked, state } });
  };
  switch (result.kind) {
    case 'unchanged':
      progress.update({ promoted: true, release: { number: result.number, state: 'unchanged' } });
      for (const { publicTags } of context.images)
        for (const { reference } of publicTags) progress.updateTag(reference, { promotion: unchanged(reference) });
      return { outcome: 'unchanged', releasedByOther, detail: `nothing has changed since release ${result.number}` };
    case 'promoted': {
      progress.update({ promoted: true });
      release('done');
      if (needsRescan) await waitForRescans(context, built, result.moved, input.scanned ?? []);
      if (result.late.length > 0) return conflicting(context, result.late, 'right after this run had');
      const number = locked === undefined ? '' : `release ${locked.number}: `;
      return { releasedByOther, detail: `${number}${countsOf([...result.promotions.values()])}` };
    }
    case 'conflict':
      release('undone');
      return conflicting(context, result.conflicts, 'during this run; nothing was promoted');
    case 'overtaken':
      return overtaken(result, release);
    case 'refused':
      return refused(context, input, result);
  }
}

/** As {@link promote}; for an image that was deleted in the meantime, the error says by what. */
async function promoteOrExplain(
  context: ReadyContext,
  built: readonly ReleaseImage[],
  options: Parameters<typeof promote>[0],
): Promise<PromoteResult> {
  try {
    return await promote(options);
  } catch (error) {
    if (!hasErrorCode(error, 'ARTIFACT_NOT_FOUND')) throw error;
    const gone = built.find(({ digest }) => error.details.reference === digest);
    const image = context.images.find(({ repository }) => repository === gone?.repository);
    throw gone === undefined || image === undefined
      ? error
      : await deletedMeanwhile(context, image, gone.digest, error);
  }
}

const SILENT = { onWaiting: () => {}, onRecovered: () => {} };

/** What the record says about an image of this run. */
function releaseImage(
  { environment, revision }: ReadyContext,
  { image: { reference, repository, service }, inputs, reused }: ImagePlan,
  { pushed, scanned, verdict }: PromoteInput,
): ReleaseImage {
  const image = pushed.get(reference);
  if (image === undefined) throw new Error(`${reference} was not pushed`);
  const evaluated = verdict === undefined || scanned === undefined ? undefined : { images: scanned, verdict };
  return {
    ...(service === undefined ? {} : { service }),
    repository,
    digest: image.digest,
    ...recordedVerdict({ repository, platforms: image.platforms }, evaluated),
    ...(image.sizeBytes === undefined ? {} : { sizeBytes: image.sizeBytes }),
    ...(reused === undefined
      ? {
          ...(revision === undefined ? {} : { revision: revision.commit }),
          built: environment.now().toISOString(),
          ...(inputs === undefined || inputs.unknown.length > 0 ? {} : { inputs: inputs.digest }),
        }
      : reusedFields(reused)),
    carried: false,
  };
}

/**
 * The image that another run has released since this one has looked, and that was made from the same: as if that release had been
 * there when this run planned. Undefined for an image that is built all the same.
 */
function releasedMeanwhile(
  { options, progress }: ReadyContext,
  planned: ImagePlan,
  { currents }: ReleaseState,
): ReleaseImage | undefined {
  if (planned.action !== 'build' || planned.fresh !== undefined || options.rebuild || options.noCache) return undefined;
  const { image, inputs } = planned;
  const current = currents.find((each) => each !== undefined)?.record;
  const service = current?.services.find(({ repository }) => repository === image.repository);
  const isSame = inputs !== undefined && inputs.unknown.length === 0 && service?.inputs === inputs.digest;
  if (service === undefined || current === undefined || !isSame) return undefined;
  const { since, tags: _tags, earlier: _earlier, ...same } = service;
  const { digest, revision, built } = same;
  progress.updateImage(image.reference, {
    action: 'unchanged',
    reasons: [...planned.reasons, `another run has released it meanwhile as release ${current.number}`],
    release: since,
    digest,
    ...(revision === undefined ? {} : { revision }),
    ...(built === undefined ? {} : { built }),
  });
  return { ...same, carried: false, reusedFrom: since };
}

/** What stays as it was when the image was built. */
function reusedFields({ revision, built, inputs, since }: ReusedImage): Partial<ReleaseImage> {
  return {
    ...(revision === undefined ? {} : { revision }),
    ...(built === undefined ? {} : { built }),
    ...(inputs === undefined ? {} : { inputs }),
    ...(since === undefined ? {} : { reusedFrom: since }),
  };
}

/** The inputs of all images of the release, by repository. */
async function inputsToRecord(
  { records, signal }: ReadyContext,
  { planned, released }: PromoteInput,
): Promise<ReadonlyMap<string, ServiceInputs>> {
  const own = planned.flatMap(({ image, inputs }) =>
    inputs === undefined ? [] : [[image.repository, recordedInputs(inputs)] as const],
  );
  const current = released.currents.find((each) => each !== undefined);
  const isComplete = current?.record.services.every(({ repository }) =>
    planned.some(({ image }) => image.repository === repository),
  );
  const before = current === undefined || isComplete ? undefined : await records?.inputsOf(current, { signal });
  return new Map([...(before?.services ?? []).map((each) => [each.repository, each.inputs] as const), ...own]);
}

/**
 * The images of this run, and those of the services that it leaves out, as the current release has them.
 *
 * @throws {ObjDockerError} RELEASE_WITHDRAWN
 */
function planRelease(
  { pkg, repositories, images, tag, options }: ReadyContext,
  built: readonly ReleaseImage[],
  released: ReleaseState,
): ReleasePlan {
  const withdrawn = withdrawnError({ pkg, options }, released.history, built);
  if (withdrawn !== undefined) throw withdrawn;
  const current = released.currents.find((each) => each !== undefined)?.record;
  const isBuilt = new Set(images.map(({ repository }) => repository));
  const carried = (current?.services ?? [])
    .filter(({ repository }) => repositories.includes(repository) && !isBuilt.has(repository))
    .flatMap(({ since: _since, tags: _tags, earlier: _earlier, ...image }): ReleaseImage[] => {
      const found = released.expected.get(`${image.repository}:${tag}`);
      if (options.movedTags !== 'adopt' || found === image.digest) return [{ ...image, carried: true }];
      const { service, repository } = image;
      // What somebody moved the tag to: nothing is known about it.
      if (found === undefined) return [];
      return [
        { ...(service === undefined ? {} : { service }), repository, digest: found, platforms: [], carried: true },
      ];
    });
  return {
    history: released.history,
    currents: released.currents,
    images: [...built, ...carried].sort(
      (a, b) => repositories.indexOf(a.repository) - repositories.indexOf(b.repository),
    ),
    expected: expectedOf(released),
  };
}

function originOf({ pkg, progress, revision, environment }: ReadyContext, { verdict }: PromoteInput): ReleaseOrigin {
  return {
    run: progress.run,
    package: pkg.name,
    created: environment.now(),
    by: describeActor(environment.env, environment.machine()),
    revision,
    policy: verdict?.policy,
  };
}

/** Moving a tag starts another scan, and until it ends Harbor refuses pulls of the image. */
function warnAboutRescans(
  { progress, tags }: ReadyContext,
  { images, expected }: ReleasePlan,
  { scanSettings }: PromoteInput,
): boolean {
  const isMoving = images.some((image) =>
    tags.some((tag) => ![undefined, image.digest].includes(expected(image, tag))),
  );
  if (scanSettings?.scansOnPush !== true || !scanSettings.preventsPulls || !isMoving) return false;
  progress.warn(
    'the project scans pushed images and prevents pulls of unscanned ones: an image whose tag moves cannot be pulled until Harbor has scanned it again',
  );
  return true;
}

function conflicting(
  { progress }: ReadyContext,
  conflicts: (PromoteResult & { readonly kind: 'conflict' })['conflicts'],
  when: string,
): PromoteStage {
  progress.update({ conflicts });
  const names = conflicts.map(({ reference }) => reference).join(', ');
  return { outcome: 'conflict', failed: true, detail: `somebody else moved ${names} ${when}` };
}

function overtaken(
  { end, corrected }: PromoteResult & { readonly kind: 'overtaken' },
  release: (state: 'done' | 'undone') => void,
): PromoteStage {
  if (end !== 'lost') release(end);
  const what = {
    done: 'another machine has finished this release, and a newer one was made since',
    undone: 'another machine has undone this release',
    lost: 'another run has made the release with this number',
  }[end];
  const moved =
    corrected.length === 0
      ? ''
      : `; ${corrected.join(', ')}, which this run had moved too late, points to what the newest release says again`;
  return { outcome: 'conflict', failed: true, detail: `${what}${moved}` };
}

function refused(
  context: ReadyContext,
  { scanned }: PromoteInput,
  { refusals }: PromoteResult & { readonly kind: 'refused' },
): PromoteStage {
  const { progress, registry, tag } = context;
  const reasons = new Map(refusals.map(({ image, reason }) => [image.repository, reason]));
  // The package's policy let the images pass and the registry's own did not: the verdict has to say so.
  if (scanned !== undefined)
    evaluateImages(
      context,
      scanned.map((image) => withRefusal(image, reasons)),
    );
  const texts = refusals.map(({ image, reason }) => [`${registry.store.host}/${image.repository}:${tag}`, reason]);
  for (const [reference, reason] of texts) progress.warn(`${reference} was refused: ${reason}`);
  return { outcome: 'rejected', failed: true, detail: texts.map((text) => text.join(': ')).join('; ') };
}

function withRefusal(image: GateImage, reasons: ReadonlyMap<string, string>): GateImage {
  if ('outcome' in image) return image;
  const refusal = reasons.get(image.report.repository);
  return refusal === undefined ? image : { ...image, refusal };
}

function countsOf(promotions: readonly Promotion[]): string {
  const kinds = [...new Set(promotions)];
  return kinds.map((kind) => `${promotions.filter((each) => each === kind).length} ${kind}`).join(', ');
}

/** Waits until the moved images can be pulled again. They are promoted already, so a failure is a warning. */
async function waitForRescans(
  context: ReadyContext,
  images: readonly ReleaseImage[],
  moved: readonly string[],
  scanned: readonly GateImage[],
): Promise<void> {
  const scans = scanned.flatMap(({ report }) => report?.images ?? []);
  const oldReports = new Set(scans.flatMap(({ reportId }) => reportId ?? []));
  const { host } = context.registry.store;
  const waiting = images.filter(({ repository }) =>
    moved.some((reference) => reference.startsWith(`${host}/${repository}:`)),
  );
  await Promise.all(waiting.map((image) => waitForRescan(context, image, oldReports)));
}

async function waitForRescan(
  { registry, options, policy, progress, tag, signal }: ReadyContext,
  { repository, digest }: ReleaseImage,
  oldReports: ReadonlySet<string>,
): Promise<void> {
  if (registry.project === undefined) return;
  const reference = `${registry.store.host}/${repository}:${tag}`;
  const timeoutMs = options.timeoutMs ?? policy.timeoutMs;
  try {
    const scan = repositoryOf(registry.project, repository).scan(digest, {
      timeoutMs,
      trigger: 'if-none',
      oldReports,
      signal,
    });
    for await (const event of scan) await progress.emit({ type: 'scan', reference, event });
    const { state } = await scan.result;
    if (isScanned(state)) return;
    progress.warn(`${reference} cannot be pulled: the scan that followed the move of its tag had no result (${state})`);
  } catch (error) {
    if (!isObjDockerError(error)) throw error;
    progress.warn(
      `${reference} may not be pullable until Harbor has scanned it again; the wait for that scan ended early: ${error.message}`,
    );
  }
}
