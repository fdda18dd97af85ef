import { differences } from '../../build/inputs/differences.ts';
import type { ImageInputs } from '../../build/inputs/image-inputs.ts';
import { type PackageInputs, readInputs } from '../../build/inputs/read-inputs.ts';
import { hasErrorCode } from '../../errors.ts';
import { formatAge } from '../../lib/text/duration.ts';
import { count } from '../../lib/text/words.ts';
import type { ReleaseInputs, ServiceInputs } from '../../model/inputs.ts';
import { describeActions } from '../../model/labels.ts';
import type { ReleasedService } from '../../model/release.ts';
import { releasesOf } from '../../release/new-record.ts';
import type { StoredRecord } from '../../release/records.ts';
import type { ReadyContext, RunContext, RunImage } from '../run/context.ts';
import type { StageResult } from '../run/run-progress.ts';
import { madeImage, withdrawnError } from '../run/withdrawn.ts';
import type { ImagePlan, ReusedImage } from './image-plan.ts';
import { describeImage } from './push.ts';
import type { ReleaseState } from './recover.ts';
import { lookForRejection } from './rejected-image.ts';

export interface PlanStage extends StageResult {
  /** In the order of the run's images. */
  readonly images: readonly ImagePlan[];
  readonly bases: PackageInputs['bases'];
  /** Reads the inputs again: they may have changed during a build. Undefined where they do not matter. */
  readonly reread?: (options: { readonly pull: boolean }) => Promise<PackageInputs>;
}

/**
 * Decides which images are built: those whose inputs differ from all releases that are remembered, or whose image is gone.
 * Changes nothing.
 *
 * @throws {ObjDockerError} BASE_UNREACHABLE, what reading the Dockerfile and the context throws
 */
export async function planImages(context: ReadyContext, released: ReleaseState): Promise<PlanStage> {
  const { records, images } = context;
  if (records === undefined) {
    const reasons = ['releases are not on record: deployment.release.record'];
    return {
      images: images.map((image) => ({ image, action: 'build', reasons })),
      bases: new Map(),
      detail: 'all are built: releases are not on record',
    };
  }
  const current = released.currents.find((each) => each !== undefined);
  const history = new RecordedInputs(context, current, released);
  const inputs = await readPackageInputs(context, history);
  const planned = await Promise.all(
    images.map((image) => planImage(context, { image, inputs: inputs.images.get(image.service), released, history })),
  );
  for (const plan of planned) showPlan(context, plan);
  return {
    images: planned,
    bases: inputs.bases,
    reread: ({ pull }) => readPackageInputs(context, history, pull),
    detail: detailOf(planned),
  };
}

/**
 * As {@link planImages}, for a run.
 *
 * @throws {ObjDockerError} RELEASE_WITHDRAWN for what a rollback has withdrawn
 */
export async function planStage(context: ReadyContext, released: ReleaseState): Promise<PlanStage> {
  const plan = await planImages(context, released);
  const withdrawn = withdrawnError(context, released.history, plan.images.map(madeImage));
  if (withdrawn !== undefined) throw withdrawn;
  return plan;
}

/** Puts into the run's report what it does about an image. */
export function showPlan(
  { progress, revision }: RunContext,
  { image: { reference }, action, reasons, reused }: ImagePlan,
): void {
  const release = reused?.since === undefined ? {} : { release: reused.since };
  progress.updateImage(reference, {
    action,
    reasons: [...reasons],
    ...release,
    ...(reused === undefined ? ofCommit(revision?.commit) : describe(reused)),
  });
  void progress.emit({ type: 'plan', reference, action, reasons, ...release });
}

function describe({ pushed, revision, built }: ReusedImage) {
  const { digest, sizeBytes, platforms } = pushed;
  return {
    digest,
    platforms: platforms.map(({ platform }) => platform),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...ofCommit(revision),
    ...(built === undefined ? {} : { built }),
  };
}

function ofCommit(revision: string | undefined) {
  return revision === undefined ? {} : { revision };
}

/** What is on record, each read once. The inputs of the current release are read when the first difference has to be named. */
class RecordedInputs {
  readonly #context: ReadyContext;
  readonly #current: StoredRecord | undefined;
  #inputs: Promise<ReleaseInputs | undefined> | undefined;
  readonly #read = new Map<number, Promise<StoredRecord | undefined>>();

  constructor(context: ReadyContext, current: StoredRecord | undefined, { currents, history }: ReleaseState) {
    this.#context = context;
    this.#current = current;
    for (const known of [history.ended, ...currents])
      if (known !== undefined) this.#read.set(known.record.number, Promise.resolve(known));
  }

  read(number: number): Promise<StoredRecord | undefined> {
    const { records, signal } = this.#context;
    const known = this.#read.get(number) ?? Promise.resolve(records?.read(number, { signal }));
    this.#read.set(number, known);
    return known;
  }

  async of(repository: string): Promise<ServiceInputs | undefined> {
    const { records, signal } = this.#context;
    if (records === undefined || this.#current === undefined) return undefined;
    this.#inputs ??= records.inputsOf(this.#current, { signal });
    return (await this.#inputs)?.services.find((each) => each.repository === repository)?.inputs;
  }
}

async function readPackageInputs(
  context: ReadyContext,
  history: RecordedInputs,
  freshBases = false,
): Promise<PackageInputs> {
  const { pkg, options, docker, environment, images, tag, signal } = context;
  const { services, platforms, builder, outputs, pull } = options;
  const last = new Map<string, string>();
  if (pkg.image.baseUnreachable === 'last-known')
    for (const { repository } of images)
      for (const [image, digest] of Object.entries((await history.of(repository))?.images ?? {}))
        last.set(image, digest);
  return await readInputs(pkg, {
    services,
    tag,
    platforms,
    builder,
    outputs,
    pull: freshBases || pull,
    environment,
    signal,
    engine: () => docker.connect({ signal }),
    lastKnown: (image) => last.get(image),
  });
}

interface PlanInput {
  readonly image: RunImage;
  readonly inputs: ImageInputs | undefined;
  readonly released: ReleaseState;
  readonly history: RecordedInputs;
}

async function planImage(context: ReadyContext, { image, inputs, released, history }: PlanInput): Promise<ImagePlan> {
  if (inputs === undefined) throw new Error(`the inputs of ${image.reference} were not read`);
  const { options } = context;
  const build = (reasons: readonly string[], fresh?: ImagePlan['fresh']): ImagePlan => ({
    image,
    action: 'build',
    reasons,
    inputs,
    ...(fresh === undefined ? {} : { fresh }),
  });
  if (options.rebuild === true) return build(['--rebuild']);
  if (options.noCache === true) return build(['--no-cache']);
  if (inputs.unknown.length > 0) return build(inputs.unknown);
  const current = released.currents.find((each) => each?.record.services.some(isOf(image)));
  const service = current?.record.services.find(isOf(image));
  const candidates = candidatesOf(image, inputs, released);
  for (const candidate of candidates) {
    const reused = await findReused(context, image, candidate, { released, history });
    if (reused === undefined) continue;
    const age = tooOld(context, reused);
    if (age !== undefined) return build([`its image was built ${age} ago (--rebuild-older)`], 'old');
    const isUnchanged = image.publicTags.every(
      ({ tag }) => released.expected.get(`${image.repository}:${tag}`) === reused.pushed.digest,
    );
    const reasons = [`its image is that of release ${reused.since}`];
    const { report, rejected } = isUnchanged ? await lookForRejection(context, { image, inputs, reused }) : {};
    const plan: ImagePlan = {
      image,
      action: isUnchanged ? 'unchanged' : 'reuse',
      reasons,
      inputs,
      reused,
      ...(report === undefined ? {} : { report }),
    };
    if (rejected === undefined) return plan;
    const { reason, rebuilt } = rejected;
    if (rebuilt === undefined) return { ...build([reason], 'rejected'), released: plan };
    // A build of today that made the same image again changes nothing.
    if (rebuilt.digest === reused.pushed.digest) return { ...plan, reasons: [reason] };
    const pushed = await describeImage(context, image, rebuilt.digest);
    const found = { built: rebuilt.pushed, inputs: inputs.digest, pushed };
    return { image, action: 'reuse', reasons: [reason], inputs, reused: found, released: plan };
  }
  if (candidates.length > 0) return build([`the image of release ${candidates[0]?.release} is not in the registry`]);
  if (service === undefined) return build(['no release has it yet']);
  // What a file or a base image was that changed during the build is not known, although the rest is.
  const before = service.inputs === undefined ? undefined : await history.of(image.repository);
  return build(
    before === undefined ? ['what its released image was made from is not known'] : differences(before, inputs),
  );
}

interface Candidate {
  readonly release: number;
  readonly digest: string;
}

function isOf({ repository }: RunImage) {
  return (each: ReleasedService): boolean => each.repository === repository;
}

/** The released images with the same inputs: the current one of the public tag, then the latest. */
function candidatesOf(image: RunImage, inputs: ImageInputs, { currents, history }: ReleaseState): Candidate[] {
  const records = [...currents, history.released].filter((each) => each !== undefined);
  const found = records.flatMap(({ record }) =>
    record.services.filter(isOf(image)).flatMap((service) => releasesOf(service, record.number)),
  );
  const matching = found.filter((each) => each.inputs === inputs.digest);
  return matching.filter(({ digest }, index) => matching.findIndex((each) => each.digest === digest) === index);
}

/** Looks for the image in the registry, and for what its record says about it. */
async function findReused(
  context: ReadyContext,
  image: RunImage,
  { release, digest }: Candidate,
  { released, history }: Pick<PlanInput, 'released' | 'history'>,
): Promise<ReusedImage | undefined> {
  try {
    const stored = await history.read(release);
    const service = stored?.record.services.find((each) => isOf(image)(each) && each.digest === digest);
    if (service === undefined) return undefined;
    const pushed = await describeImage(
      context,
      image,
      digest,
      released.artifacts.get(`${image.repository}@${digest}`)?.artifact,
    );
    const isWhole = service.platforms.every((wanted) => pushed.platforms.some((each) => each.digest === wanted.digest));
    if (!isWhole) return undefined;
    const { revision, built, inputs, since } = service;
    return {
      ...(revision === undefined ? {} : { revision }),
      ...(built === undefined ? {} : { built }),
      ...(inputs === undefined ? {} : { inputs }),
      since,
      pushed,
    };
  } catch (error) {
    if (hasErrorCode(error, 'RECORD_NOT_FOUND', 'ARTIFACT_NOT_FOUND', 'REPOSITORY_NOT_FOUND')) return undefined;
    throw error;
  }
}

/** How long ago an image was built that `--rebuild-older` wants to be newer; undefined for one that may stay. */
function tooOld({ options, environment }: ReadyContext, { built }: ReusedImage): string | undefined {
  const { rebuildOlderMs } = options;
  if (rebuildOlderMs === undefined) return undefined;
  if (built === undefined) return 'at an unknown time';
  const age = environment.now().getTime() - Date.parse(built);
  return age >= rebuildOlderMs ? formatAge(age) : undefined;
}

function detailOf(planned: readonly ImagePlan[]): string {
  const actions = planned.map(({ action }) => action);
  return describeActions(actions, 'to build') || count(0, 'image');
}
