import type { Package } from '../../config/package.ts';
import { createOperation, expectListeners, type Operation } from '../../lib/operation.ts';
import type { PipelineOutcome, PipelineReport } from '../../model/pipeline-run.ts';
import type { PipelineEvent } from '../events.ts';
import type { PipelineMachine } from '../machine.ts';
import type { PipelineOptions } from '../obj-build.ts';
import type { JudgedSubject } from '../policy/image.ts';
import { newStagingTag } from '../promotion/staging-tag.ts';
import { buildImages } from '../stages/build.ts';
import { gateImages, outcomeOfVerdict } from '../stages/gate.ts';
import { preflight } from '../stages/preflight.ts';
import { promoteImages } from '../stages/promote.ts';
import { findPushed, pushImages } from '../stages/push.ts';
import { recoverEarlierRuns } from '../stages/recover.ts';
import { writeRegistries } from '../stages/registries.ts';
import { scanImages } from '../stages/scan.ts';
import type { ReadyContext, RunContext } from './context.ts';
import { KnownReports } from './known-reports.ts';
import { takeTurn } from './lock.ts';
import { openRunRegistry } from './open-registry.ts';
import { planRun } from './plan.ts';
import { RunRecord } from './record.ts';
import { Staging } from './staging.ts';

/** Runs the pipeline; see ObjBuild.run. */
export function runPipeline(
  pkg: Package,
  options: PipelineOptions,
  machine: PipelineMachine,
): Operation<PipelineEvent, PipelineReport> {
  return createOperation(async ({ emit, signal }) => {
    // Every image waits on it by itself.
    expectListeners(signal);
    const { environment } = machine;
    const { type, project } = pkg.registry;
    const run = newStagingTag(environment.now());
    const tag = options.tag ?? pkg.image.tag;
    const registry = { host: pkg.registry.host, type, ...(project === undefined ? {} : { project }) };
    const scanned = options.scan !== false;
    const record = new RunRecord({ run, package: pkg.name, tag, registry, scanned }, { now: environment.now, emit });
    try {
      const plan = await planRun(pkg, { run, tag, options, environment, signal }).catch((error: unknown) => {
        record.begin([]);
        return record.stage('preflight', () => Promise.reject(error));
      });
      record.begin(plan.images);
      return record.finish(await inTurn({ pkg, options, machine, record, tag, signal, ...plan }));
    } catch (error) {
      record.finish(signal.aborted && !record.isPromoted ? 'cancelled' : 'failed', error);
      throw error;
    }
  }, options.signal);
}

/** Runs of one package on one machine wait for each other. */
async function inTurn(context: RunContext): Promise<PipelineOutcome> {
  const { pkg, machine, record, signal } = context;
  await using _turn = await takeTurn([pkg.registry.url, pkg.registry.project ?? '', pkg.name], {
    run: record.run,
    temp: machine.environment.temp,
    signal,
    onWaiting: (message) => void record.emit({ type: 'waiting', message }),
  });
  return await runStages(context);
}

async function runStages(checking: RunContext): Promise<PipelineOutcome> {
  const { record } = checking;
  const { scanning, failed } = await record.stage('preflight', () => preflight(checking));
  if (failed) return 'scanner-down';
  await using registry = await openRunRegistry(checking);
  const context: ReadyContext = { ...checking, registry };
  await using staging = new Staging(context);

  const known = scanning?.byItself === true ? new KnownReports(context) : undefined;
  const { previous } = await record.stage('recover', () => recoverEarlierRuns(context, known));
  const { built, pushed } = await record.stage('build', () => buildImages(context, staging));
  const { digests } = await record.stage('push', () =>
    pushed ? findPushed(context, built) : pushImages(context, { built, staging, known }),
  );

  let subjects: readonly JudgedSubject[] | undefined;
  if (scanning === undefined) {
    record.skip('scan', 'not scanned, as it was asked for');
    record.skip('gate', 'nothing was scanned');
  } else {
    const scanned = await record.stage('scan', () => scanImages(context, { known, digests }));
    subjects = scanned.subjects;
    const { verdict } = await record.stage('gate', () => gateImages(context, scanned.subjects));
    if (verdict.outcome !== 'passed') {
      staging.keepForScans(verdict);
      return outcomeOfVerdict(verdict);
    }
  }

  const promotion = await record.stage('promote', () =>
    promoteImages(context, { digests, previous, scanning, subjects }),
  );
  if (promotion.outcome !== undefined) return promotion.outcome;
  if (!pushed) await staging.release();
  await writeRegistries(context);
  return scanning === undefined ? 'unscanned' : 'passed';
}
