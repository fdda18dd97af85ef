import {
  type HarborAccess,
  type HarborCallOptions,
  openPackageTarget,
  type PackageTarget,
} from '../../access/harbor-access.ts';
import type { Package } from '../../config/package.ts';
import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import { lookUntil, startDeadline } from '../../harbor/client/waiting.ts';
import type { HarborProject } from '../../harbor/harbor.ts';
import type { ScanOptions } from '../../harbor/scan/scan-artifact.ts';
import type { ScanEvent } from '../../harbor/scan/scan-event.ts';
import { createOperation, type Operation } from '../../lib/operation.ts';
import type { ScanReport } from '../../model/scan-report.ts';

/** A scan that was started, or ran already. */
export interface StartedScan {
  /** With its project: `axion/services/api`. */
  readonly repository: string;
  /** What was named: a tag or a digest. */
  readonly reference: string;
  /** False when a scan waited or ran already: its result will be as good. */
  readonly started: boolean;
}

export interface ScanWaitOptions extends HarborCallOptions {
  /** How long to wait for the result, in milliseconds. @default 900000 (15 minutes) */
  readonly timeoutMs?: number | undefined;
  /**
   * Whether to start a scan: `always`; `if-none` when Harbor does not begin one by itself, as it does after a push where
   * auto_scan is on; `never`, which takes a result that is there.
   *
   * @default 'always'
   */
  readonly trigger?: ScanOptions['trigger'];
  /** `reportId`s of reports that are too old to be the answer. */
  readonly oldReports?: ReadonlySet<string> | undefined;
}

/** What one of these calls is about. */
export interface ScanRequest {
  readonly pkg: Package;
  readonly repo: string;
  /** @default the config's tag */
  readonly reference?: string | undefined;
}

/** What Harbor knows of the scans of an artifact. Starts nothing and waits for nothing. */
export async function readScan(
  { pkg, repo, reference }: ScanRequest,
  options: HarborCallOptions,
  access: HarborAccess,
): Promise<ScanReport> {
  await using target = await openPackageTarget(pkg, repo, reference, { ...access, ...options });
  return await target.repository.scanReport(target.reference, options);
}

/** Starts a scan by hand, and does not wait for it. */
export async function triggerScan(
  { pkg, repo, reference }: ScanRequest,
  options: HarborCallOptions,
  access: HarborAccess,
): Promise<StartedScan> {
  await using target = await openPackageTarget(pkg, repo, reference, { ...access, ...options });
  const { started } = await target.repository.startScan(target.reference, options);
  return { repository: `${target.project.name}/${target.repository.name}`, reference: target.reference, started };
}

/** Waits for the result of a scan, which it starts as `trigger` says. */
export function waitForScan(
  { pkg, repo, reference }: ScanRequest,
  { signal: callerSignal, ...options }: ScanWaitOptions,
  access: HarborAccess,
): Operation<ScanEvent, ScanReport> {
  return createOperation(async ({ emit, signal }) => {
    await using target = await openPackageTarget(pkg, repo, reference, { ...access, ...options, signal });
    const { timeoutMs, trigger = 'always', oldReports } = options;
    if (trigger === 'never' && oldReports === undefined) {
      return await readWhenSettled(target, { timeoutMs, signal }, (event) => void emit(event));
    }
    const scan = target.repository.scan(target.reference, { timeoutMs, trigger, oldReports, signal });
    for await (const event of scan) await emit(event);
    return await scan.result;
  }, callerSignal);
}

/** How long Harbor may take to begin the scan of what was pushed just now. */
const BEGINS_WITHIN_MS = 10_000;

const DEFAULT_TIMEOUT_MS = 15 * 60_000;

/** What is known once no platform's scan runs any more, and none is about to begin by itself. */
export async function readWhenSettled(
  target: Pick<PackageTarget, 'project' | 'repository' | 'reference'>,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: { readonly timeoutMs: number | undefined; readonly signal: AbortSignal },
  emit: (event: ScanEvent) => void,
): Promise<ScanReport> {
  const { project, repository, reference } = target;
  const deadline = startDeadline(timeoutMs, signal);
  const started = performance.now();
  const told = new Set<string>();
  let autoScan: boolean | undefined;
  const look = async (): Promise<ScanReport | undefined> => {
    const report = await repository.scanReport(reference, { signal: deadline.signal });
    for (const { platform, digest, state } of report.images) {
      if (state === 'running' && !told.has(digest)) emit({ type: 'progress', platform, digest, status: 'running' });
      if (state === 'running') told.add(digest);
    }
    if (report.state === 'running') return undefined;
    if (report.state !== 'not-scanned') return report;
    autoScan ??= await scansByItself(project, deadline.signal);
    return autoScan && performance.now() - started < BEGINS_WITHIN_MS ? undefined : report;
  };
  try {
    return await lookUntil(look, {
      pace: undefined,
      signal: deadline.signal,
      onTrouble: ({ message }) => emit({ type: 'trouble', message }),
    });
  } catch (error) {
    if (!deadline.over()) throw error;
    const name = `${project.name}/${repository.name}`;
    throw new ObjDockerError('TIMEOUT', `there was no result of the scan of ${name} within ${timeoutMs / 1000} s`, {
      hint: 'It goes on in Harbor: look again later, or give --timeout more time.',
      details: { repository: name, reference },
      cause: error,
    });
  } finally {
    deadline.end();
  }
}

/** False also for those who may not read the project. */
async function scansByItself(project: HarborProject, signal: AbortSignal): Promise<boolean> {
  try {
    return (await project.get({ signal })).autoScan;
  } catch (error) {
    if (isObjDockerError(error) && error.code === 'REGISTRY_FORBIDDEN') return false;
    throw error;
  }
}
