import { findRevision } from '../../build/environment/revision.ts';
import type { ImageInputs } from '../../build/inputs/image-inputs.ts';
import { tagsOf } from '../../config/image-name.ts';
import type { Package } from '../../config/package.ts';
import { createOperation, expectListeners, type Operation } from '../../lib/operation.ts';
import type { PipelineOutcome } from '../../model/enums.ts';
import type { PipelineReport } from '../../model/pipeline-run.ts';
import type { Verdict } from '../../model/verdict.ts';
import { newStagingTag } from '../../release/staging-tag.ts';
import type { PipelineEvent } from '../events.ts';
import type { PipelineDependencies, PipelineOptions } from '../options.ts';
import type { GateImage } from '../policy/image.ts';
import { buildImages } from '../stages/build.ts';
import { gateImages, outcomeOfVerdict, releaseOthers } from '../stages/gate.ts';
import type { ImagePlan } from '../stages/image-plan.ts';
import { type PlanStage, planStage } from '../stages/plan.ts';
import { preflight } from '../stages/preflight.ts';
import { promoteImages } from '../stages/promote.ts';
import { findPushed, type PushedImage, pushImages } from '../stages/push.ts';
import { type ReleaseState, recoverEarlierRuns } from '../stages/recover.ts';
import { writeRegistries } from '../stages/registries.ts';
import { keepRejected } from '../stages/rejected-image.ts';
import { keepSameContent } from '../stages/same-content.ts';
import { scanImages } from '../stages/scan.ts';
import type { ReadyContext, RunContext, RunImage } from './context.ts';
import { EarlierReports } from './earlier-reports.ts';
import { acquireLock } from './lock.ts';
import { openRecords } from './open-registry.ts';
import { planRun } from './plan.ts';
import { RunProgress } from './run-progress.ts';
import { whileScannerWorks } from './scanner-watch.ts';
import { StagingTags } from './staging-tags.ts';

/** Runs the pipeline; see ObjBuild.run. */
export function runPipeline(
  pkg: Package,
  options: PipelineOptions,
  dependencies: PipelineDependencies,
): Operation<PipelineEvent, PipelineReport> {
  return createOperation(async ({ emit, signal }) => {
    // Each image adds its own listeners.
    expectListeners(signal);
    const { environment } = dependencies;
    const { type, project } = pkg.registry;
    const run = newStagingTag(environment.now());
    const tags = [...new Set(options.tags ?? tagsOf(pkg))];
    const [tag = ''] = tags;
    const registry = { host: pkg.registry.host, type, ...(project === undefined ? {} : { project }) };
    const scanned = options.scan !== false;
    const progress = new RunProgress(
      { run, package: pkg.name, tags, registry, scanned },
      { now: environment.now, emit },
    );
    try {
      const [plan, found] = await Promise.all([
        planRun(pkg, { run, tags, options, environment, signal }),
        findRevision(pkg.image.context, { environment, signal }),
      ]).catch((error: unknown) => {
        progress.start([]);
        return progress.stage('preflight', () => Promise.reject(error));
      });
      progress.start(plan.images);
      if (found.revision === undefined && !found.isNormal) progress.warn(withoutCommit(found.reason));
      return progress.finish(
        await runWithLock({
          ...dependencies,
          pkg,
          options,
          progress,
          tags,
          tag,
          revision: found.revision,
          signal,
          ...plan,
        }),
      );
    } catch (error) {
      progress.finish(signal.aborted && !progress.isPromoted ? 'cancelled' : 'failed', error);
      throw error;
    }
  }, options.signal);
}

function withoutCommit({ message, hint }: { readonly message: string; readonly hint?: string }): string {
  return `${message}; the release is recorded without it${hint === undefined ? '' : `. ${hint}`}`;
}

/** Runs of one package on one machine wait for each other. */
async function runWithLock(context: RunContext): Promise<PipelineOutcome> {
  const { pkg, environment, progress, signal } = context;
  await using _lock = await acquireLock([pkg.registry.url, pkg.registry.project ?? '', pkg.name], {
    run: progress.run,
    temp: environment.temp,
    signal,
    onWaiting: (message) => void progress.emit({ type: 'waiting', message }),
  });
  return await runStages(context);
}

async function runStages(unchecked: RunContext): Promise<PipelineOutcome> {
  const { progress } = unchecked;
  const checked = await progress.stage('preflight', () => preflight(unchecked));
  await using registry = checked.registry;
  const { scanSettings, failed } = checked;
  if (failed) return 'scanner-down';
  const { pkg, options } = unchecked;
  const records = openRecords(pkg, registry.store, options.ignoredRecords);
  const context: ReadyContext = { ...unchecked, registry, records };
  const earlierReports = scanSettings?.scansOnPush === true ? new EarlierReports(context) : undefined;
  const { released } = await progress.stage('recover', () => recoverEarlierRuns(context, earlierReports));
  const plan = await progress.stage('plan', () => planStage(context, released));
  await using stagingTags = new StagingTags({ ...context, images: imagesOf(plan.images) });
  const isScanned = scanSettings !== undefined;
  const result = await makeImages(context, { plan, released, stagingTags, earlierReports, isScanned });
  if (result === undefined) return 'scanner-down';
  let made = result;

  let scanned: readonly GateImage[] | undefined;
  let verdict: Verdict | undefined;
  if (scanSettings === undefined) {
    progress.skip('scan', 'not scanned, as requested');
    progress.skip('gate', 'nothing was scanned');
  } else {
    const { planned, pushed } = made;
    const digests = new Map([...pushed].map(([reference, { digest }]) => [reference, digest]));
    const { images } = await progress.stage('scan', () => scanImages(context, { planned, earlierReports, digests }));
    scanned = images;
    ({ verdict } = await progress.stage('gate', () => gateImages(context, images)));
    if (verdict.outcome !== 'passed') {
      await keepRejected(context, { planned, pushed, verdict });
      const others = releaseOthers(context, planned, verdict);
      if (others === undefined) {
        stagingTags.keepForScans(verdict);
        return outcomeOfVerdict(verdict);
      }
      made = {
        planned: others,
        pushed: new Map([...pushed, ...pushedOf(others)]),
        inEngine: made.inEngine.filter((image) => imagesOf(others).includes(image)),
      };
    }
  }

  const promotion = await progress.stage('promote', () =>
    promoteImages(context, { ...made, released, scanSettings, scanned, verdict }),
  );
  if (promotion.outcome !== undefined && promotion.outcome !== 'unchanged') return promotion.outcome;
  const { releasedByOther } = promotion;
  await stagingTags.renameInEngine(made.inEngine.filter(({ reference }) => releasedByOther?.has(reference) !== true));
  await writeRegistries(context);
  if (promotion.outcome !== undefined) return promotion.outcome;
  return scanSettings === undefined ? 'unscanned' : 'passed';
}

interface MakeInput {
  readonly plan: PlanStage;
  readonly released: ReleaseState;
  readonly stagingTags: StagingTags;
  readonly earlierReports: EarlierReports | undefined;
  readonly isScanned: boolean;
}

interface MadeImages {
  readonly planned: readonly ImagePlan[];
  /** By public reference. */
  readonly pushed: ReadonlyMap<string, PushedImage>;
  /** Those that the engine has under their staging tags, and the registry as well. */
  readonly inEngine: readonly RunImage[];
}

/**
 * Builds and pushes what the plan says. Everything else is in the registry already.
 *
 * @returns undefined when the scanner is lost during the build
 */
async function makeImages(
  context: ReadyContext,
  { plan, released, stagingTags, earlierReports, isScanned }: MakeInput,
): Promise<MadeImages | undefined> {
  const { progress } = context;
  const toBuild = imagesOf(plan.images);
  if (toBuild.length === 0) {
    progress.skip('build', 'no image has to be built');
    progress.skip('push', 'nothing was built');
    return { planned: plan.images, pushed: pushedOf(plan.images), inEngine: [] };
  }
  const building = { ...context, images: toBuild };
  const buildAll = (signal: AbortSignal) =>
    buildImages({ ...building, signal }, { ...plan, planned: plan.images, stagingTags });
  const build = await progress.stage('build', () =>
    isScanned ? whileScannerWorks(context, buildAll) : buildAll(context.signal),
  );
  if (!('built' in build)) return undefined;
  const { built } = build;
  const planned = plan.images.map((each) => ({ ...each, ...inputsOf(each, build.inputs) }));
  if (build.pushed) {
    const { pushed } = await progress.stage('push', () => findPushed(building, built));
    const kept = await keepSameContent(context, planned, { released, built, pushed });
    return { planned: kept, pushed: new Map([...pushed, ...pushedOf(kept)]), inEngine: [] };
  }
  const kept = await keepSameContent(context, planned, { released, built, pushed: undefined });
  const toPush = imagesOf(kept);
  if (toPush.length === 0) {
    progress.skip('push', 'what was built has the content of the current release');
    return { planned: kept, pushed: pushedOf(kept), inEngine: [] };
  }
  const { pushed } = await progress.stage('push', () =>
    pushImages({ ...context, images: toPush }, { built, stagingTags, earlierReports }),
  );
  return { planned: kept, pushed: new Map([...pushed, ...pushedOf(kept)]), inEngine: toPush };
}

/** The images that are built, and are to be pushed. */
function imagesOf(planned: readonly ImagePlan[]): RunImage[] {
  return planned.flatMap(({ action, image }) => (action === 'build' ? [image] : []));
}

/** Those that the registry has. */
function pushedOf(planned: readonly ImagePlan[]): Map<string, PushedImage> {
  return new Map(
    planned.flatMap(({ image, reused }) => (reused === undefined ? [] : [[image.reference, reused.pushed]])),
  );
}

function inputsOf({ image }: ImagePlan, inputs: ReadonlyMap<string, ImageInputs>): Pick<ImagePlan, 'inputs'> {
  const found = inputs.get(image.reference);
  return found === undefined ? {} : { inputs: found };
}
