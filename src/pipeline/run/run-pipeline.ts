import { findRevision } from '../../build/environment/revision.ts';
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
import { gateImages, outcomeOfVerdict } from '../stages/gate.ts';
import { preflight } from '../stages/preflight.ts';
import { promoteImages } from '../stages/promote.ts';
import { findPushed, pushImages } from '../stages/push.ts';
import { recoverEarlierRuns } from '../stages/recover.ts';
import { writeRegistries } from '../stages/registries.ts';
import { scanImages } from '../stages/scan.ts';
import type { ReadyContext, RunContext } from './context.ts';
import { EarlierReports } from './earlier-reports.ts';
import { acquireLock } from './lock.ts';
import { openRecords, openRunRegistry } from './open-registry.ts';
import { planRun } from './plan.ts';
import { RunRecord } from './run-record.ts';
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
    const record = new RunRecord({ run, package: pkg.name, tags, registry, scanned }, { now: environment.now, emit });
    try {
      const [plan, found] = await Promise.all([
        planRun(pkg, { run, tags, options, environment, signal }),
        findRevision(pkg.image.context, { environment, signal }),
      ]).catch((error: unknown) => {
        record.start([]);
        return record.stage('preflight', () => Promise.reject(error));
      });
      record.start(plan.images);
      if (found.revision === undefined && !found.isNormal) record.warn(withoutCommit(found.reason));
      return record.finish(
        await runWithLock({
          ...dependencies,
          pkg,
          options,
          record,
          tags,
          tag,
          revision: found.revision,
          signal,
          ...plan,
        }),
      );
    } catch (error) {
      record.finish(signal.aborted && !record.isPromoted ? 'cancelled' : 'failed', error);
      throw error;
    }
  }, options.signal);
}

function withoutCommit({ message, hint }: { readonly message: string; readonly hint?: string }): string {
  return `${message}; the release is recorded without it${hint === undefined ? '' : `. ${hint}`}`;
}

/** Runs of one package on one machine wait for each other. */
async function runWithLock(context: RunContext): Promise<PipelineOutcome> {
  const { pkg, environment, record, signal } = context;
  await using _lock = await acquireLock([pkg.registry.url, pkg.registry.project ?? '', pkg.name], {
    run: record.run,
    temp: environment.temp,
    signal,
    onWaiting: (message) => void record.emit({ type: 'waiting', message }),
  });
  return await runStages(context);
}

async function runStages(unchecked: RunContext): Promise<PipelineOutcome> {
  const { record } = unchecked;
  const { scanSettings, failed } = await record.stage('preflight', () => preflight(unchecked));
  if (failed) return 'scanner-down';
  await using registry = await openRunRegistry(unchecked);
  const { pkg, options } = unchecked;
  const records = openRecords(pkg, registry.store, options.ignoredRecords);
  const context: ReadyContext = { ...unchecked, registry, records };
  await using stagingTags = new StagingTags(context);

  const earlierReports = scanSettings?.scansOnPush === true ? new EarlierReports(context) : undefined;
  const { released } = await record.stage('recover', () => recoverEarlierRuns(context, earlierReports));
  const { built, pushed: isPushed } = await record.stage('build', () => buildImages(context, stagingTags));
  const { pushed } = await record.stage('push', () =>
    isPushed ? findPushed(context, built) : pushImages(context, { built, stagingTags, earlierReports }),
  );

  let scanned: readonly GateImage[] | undefined;
  let verdict: Verdict | undefined;
  if (scanSettings === undefined) {
    record.skip('scan', 'not scanned, as requested');
    record.skip('gate', 'nothing was scanned');
  } else {
    const digests = new Map([...pushed].map(([reference, { digest }]) => [reference, digest]));
    const { images } = await record.stage('scan', () => scanImages(context, { earlierReports, digests }));
    scanned = images;
    ({ verdict } = await record.stage('gate', () => gateImages(context, images)));
    if (verdict.outcome !== 'passed') {
      stagingTags.keepForScans(verdict);
      return outcomeOfVerdict(verdict);
    }
  }

  const promotion = await record.stage('promote', () =>
    promoteImages(context, { pushed, released, scanSettings, scanned, verdict }),
  );
  if (promotion.outcome !== undefined && promotion.outcome !== 'unchanged') return promotion.outcome;
  if (!isPushed) await stagingTags.renameInEngine();
  await writeRegistries(context);
  if (promotion.outcome !== undefined) return promotion.outcome;
  return scanSettings === undefined ? 'unscanned' : 'passed';
}
