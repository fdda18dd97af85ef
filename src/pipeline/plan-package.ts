import { findRevision } from '../build/environment/revision.ts';
import type { ImageInputs } from '../build/inputs/image-inputs.ts';
import { tagsOf } from '../config/image-name.ts';
import type { Package } from '../config/package.ts';
import { hasErrorCode, type ObjDockerError } from '../errors.ts';
import { expectListeners } from '../lib/operation.ts';
import type { ExplainedInputs, PackagePlan, PlannedService } from '../model/plan.ts';
import type { ReleaseRecord } from '../model/release.ts';
import { type History, isRelease } from '../release/records.ts';
import { newStagingTag } from '../release/staging-tag.ts';
import type { PipelineDependencies, PlanOptions } from './options.ts';
import type { ReadyContext } from './run/context.ts';
import { checkHold } from './run/held.ts';
import { checkOlderCommit } from './run/older-commit.ts';
import { openRecords, openRunRegistry } from './run/open-registry.ts';
import { copyPolicy, listRunImages } from './run/plan.ts';
import { RunProgress } from './run/run-progress.ts';
import { madeImage, withdrawnError } from './run/withdrawn.ts';
import type { ImagePlan } from './stages/image-plan.ts';
import { planImages } from './stages/plan.ts';
import {
  artifactsOf,
  expectedTags,
  movedByHand,
  type PublicTag,
  type ReleaseState,
  readPublicTags,
} from './stages/recover.ts';

/** What a run would do about a package, and why; see ObjBuild.plan. */
export async function planPackage(
  pkg: Package,
  options: PlanOptions,
  dependencies: PipelineDependencies,
): Promise<PackagePlan> {
  const { environment } = dependencies;
  const signal = options.signal ?? new AbortController().signal;
  expectListeners(signal);
  const run = newStagingTag(environment.now());
  const tags = [...new Set(options.tags ?? tagsOf(pkg))];
  const [tag = ''] = tags;
  const warnings: string[] = [];
  const { host, type } = pkg.registry;
  const progress = new RunProgress(
    { run, package: pkg.name, tags, registry: { host, type }, scanned: false },
    {
      now: environment.now,
      async emit(event) {
        if (event.type === 'warning') warnings.push(event.message);
      },
    },
  );
  const [images, { revision }] = await Promise.all([
    listRunImages(pkg, { run, tags, options, environment, signal }),
    findRevision(pkg.image.context, { environment, signal }),
  ]);
  progress.start(images.images);
  await using registry = await openRunRegistry({ pkg, environment, progress, signal });
  const records = openRecords(pkg, registry.store, options.ignoredRecords);
  const context: ReadyContext = {
    ...dependencies,
    ...images,
    pkg,
    options,
    progress,
    tags,
    tag,
    revision,
    policy: copyPolicy(pkg),
    registry,
    records,
    signal,
  };
  const { released, stops: found } = await observeReleased(context);
  const stops = [...found];
  const planned = await planImages(context, released);
  const withdrawn = withdrawnError(context, released.history, planned.images.map(madeImage));
  if (withdrawn !== undefined) stops.push(withdrawn);
  const current = released.currents.find((each) => each !== undefined);
  return {
    name: pkg.name,
    tags,
    ...(current === undefined ? {} : { release: current.record.number }),
    services: planned.images.map((each) => plannedService(each, options.explain === true)),
    stops: stops.map(({ code, message, hint }) => ({ code, message, ...(hint === undefined ? {} : { hint }) })),
    warnings,
  };
}

interface ObservedReleases {
  readonly released: ReleaseState;
  /** What would end a run. */
  readonly stops: readonly ObjDockerError[];
}

/** Reads what is released, as it is: nothing is finished, undone or moved. */
async function observeReleased(context: ReadyContext): Promise<ObservedReleases> {
  const { pkg, records, tags, options, progress, tag, signal } = context;
  const history: History = (await records?.history({ signal })) ?? { newest: 0 };
  const currents = await Promise.all(tags.map((each) => records?.current(history, each, { signal })));
  const stops: ObjDockerError[] = [];
  const { latest } = history;
  const isOpen = latest?.state === 'open' || latest?.state === 'undoing';
  if (isOpen)
    progress.warn(
      `release ${latest.record.number} has not ended: its run is in progress, or died. A run waits for it, and finishes or undoes it first`,
    );
  const stopping = async (check: () => unknown): Promise<void> => {
    try {
      await check();
    } catch (error) {
      if (!hasErrorCode(error, 'RELEASE_HELD', 'RELEASE_NEWER')) throw error;
      stops.push(error);
    }
  };
  await stopping(() => checkHold(history, pkg, options));
  await stopping(() => checkOlderCommit(context, currents.find((each) => each !== undefined)?.record));
  const read = await readPublicTags(context, currents);
  const moved = read.filter(
    (each) =>
      each.released !== undefined &&
      each.found !== each.released &&
      !(isOpen && isRelease(latest.record) && movesTo(latest.record, each)),
  );
  if (moved.length > 0 && options.movedTags === undefined) stops.push(movedByHand(moved, tag));
  const expected = expectedTags(context, read, moved);
  return { released: { history, currents, expected, artifacts: artifactsOf(read), reset: new Set() }, stops };
}

/** Whether the promotion of a record is what moved a public tag. */
function movesTo({ services }: ReleaseRecord, { repository, found }: PublicTag): boolean {
  return services.some((each) => each.repository === repository && each.digest === found);
}

function plannedService({ image, action, reasons, inputs, reused }: ImagePlan, isExplained: boolean): PlannedService {
  const { service, repository, reference } = image;
  const { revision, built, since } = reused ?? {};
  return {
    name: service ?? repository,
    repository,
    reference,
    action,
    reasons,
    ...(since === undefined ? {} : { release: since }),
    ...(reused === undefined ? {} : { digest: reused.pushed.digest }),
    ...(revision === undefined ? {} : { revision }),
    ...(built === undefined ? {} : { built }),
    ...(inputs === undefined || !isExplained ? {} : { inputs: explain(inputs) }),
  };
}

/** The inputs without any value of an argument. */
function explain(inputs: ImageInputs): ExplainedInputs {
  const { digest, platforms, stages, images, files, takenBy, secrets, unknown, hints } = inputs;
  return {
    digest,
    platforms,
    stages: Object.keys(stages),
    arguments: Object.keys(inputs.arguments).sort(),
    images: Object.entries(images).map(([image, pointsTo]) => ({ image, digest: pointsTo })),
    files: Object.entries(files).map(([path, hash]) => ({ path, hash, takenBy: takenBy.get(path) ?? '' })),
    secrets: Object.keys(secrets),
    unknown,
    hints,
  };
}
