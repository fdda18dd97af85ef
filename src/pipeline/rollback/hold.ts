import type { Package } from '../../config/package.ts';
import { ObjDockerError } from '../../errors.ts';
import { createOperation, type Operation } from '../../lib/operation.ts';
import { describeHold } from '../../model/labels.ts';
import type { StoredRelease } from '../../model/release.ts';
import type { History } from '../../release/records.ts';
import type { PipelineEvent } from '../events.ts';
import type { HoldOptions, PipelineDependencies } from '../options.ts';
import type { ReleasePlan } from '../promotion/promote.ts';
import { makeRecord, settleReleases, withReleaseSession } from '../run/release-session.ts';

/** Holds a package, or ends that; see ObjBuild.hold and ObjBuild.resume. */
export function holdPackage(
  pkg: Package,
  kind: 'hold' | 'resume',
  { reason, ignoredRecords, signal: callerSignal }: HoldOptions,
  dependencies: PipelineDependencies,
): Operation<PipelineEvent, StoredRelease> {
  return createOperation(async ({ emit, signal }) => {
    return await withReleaseSession(
      pkg,
      { ignoredRecords, emit: (event) => void emit(event), signal },
      dependencies,
      async (session) => {
        const plan = (history: History): ReleasePlan => {
          checkChange(pkg, kind, history);
          return { history, currents: [], images: [], expected: () => undefined };
        };
        const stored = await makeRecord(session, {
          origin: { kind, reason },
          tags: [],
          plan: plan(await settleReleases(session)),
          replan: async (history) => plan(history),
        });
        if (stored === undefined) throw new Error(`the ${kind} was not recorded`);
        return { ...stored.record, digest: stored.digest, state: 'done', currentFor: [] };
      },
    );
  }, callerSignal);
}

/** @throws {ObjDockerError} RELEASE_NOT_HELD for a resume without a hold; RECORD_NOT_FOUND for a package without a release */
function checkChange({ name }: Package, kind: 'hold' | 'resume', { ended }: History): void {
  const held = ended?.record.held;
  if (kind === 'resume' && held === undefined)
    throw new ObjDockerError('RELEASE_NOT_HELD', `${name} is not held`, { hint: 'There is nothing to resume.' });
  if (kind === 'hold' && held !== undefined)
    throw new ObjDockerError('RELEASE_HELD', `${name} is held already: ${describeHold(held)}`, {
      hint: `To hold it for another reason, end this first: objdocker resume ${name}`,
      details: { held },
    });
}
