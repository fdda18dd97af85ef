import type { Package } from '../../config/package.ts';
import { createOperation, type Operation } from '../../lib/operation.ts';
import type { ReleaseDiff } from '../../model/release-diff.ts';
import { unfinishedWarning } from '../../release/require-release.ts';
import type { PipelineEvent } from '../events.ts';
import type { DiffOptions, PipelineDependencies } from '../options.ts';
import { describeRecord } from '../releases.ts';
import { openRecords, openRunRegistry } from '../run/open-registry.ts';
import { notOnRecord } from '../run/release-session.ts';
import { type ComparedReleases, compareReleases, pairServices } from './compare-releases.ts';
import { findReleases } from './find-releases.ts';
import { readImages, type WantedImage } from './read-images.ts';

/** What differs between two releases of a package; see ObjBuild.diff. */
export function diffReleases(
  pkg: Package,
  { from, to, tag, rescan, timeoutMs, signal: callerSignal }: DiffOptions,
  { environment }: PipelineDependencies,
): Operation<PipelineEvent, ReleaseDiff> {
  return createOperation(async ({ emit, signal }) => {
    // Read all config values before the first request: an unset variable must not fail after a long wait.
    const { maxAgeMs, timeoutMs: scanTimeoutMs } = pkg.scan;
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    await using registry = await openRunRegistry({ pkg, environment, progress: { warn }, signal });
    const records = openRecords(pkg, registry.store);
    if (records === undefined) throw notOnRecord(pkg);
    const found = await findReleases(pkg, records, { from, to, tag, signal });
    const { ended } = await records.history({ signal });
    const releases = { from: describeRecord(found.from, ended), to: describeRecord(found.to, ended) };
    for (const warning of [releases.from, releases.to].flatMap((each) => unfinishedWarning(each) ?? [])) warn(warning);
    const { project } = registry;
    const images =
      project &&
      (await readImages(wantedImages(releases), {
        project,
        rescan,
        timeoutMs: timeoutMs ?? scanTimeoutMs,
        signal,
        emit: (reference, event) => void emit({ type: 'scan', reference, event }),
        warn,
      }));
    const diff = compareReleases({ ...releases, images, maxAgeMs });
    return { ...diff, warnings: [...warnings, ...diff.warnings] };
  }, callerSignal);
}

/** The images whose reports are compared: of a service that was removed, nothing is. */
function wantedImages({ from, to }: Pick<ComparedReleases, 'from' | 'to'>): readonly WantedImage[] {
  return pairServices(from, to).flatMap((pair): WantedImage[] => {
    if (pair.to === undefined) return [];
    const wantsSbom = pair.change === 'changed';
    const images = pair.change === 'changed' && pair.from !== undefined ? [pair.from, pair.to] : [pair.to];
    return images.map((service) => ({ service, wantsSbom }));
  });
}
