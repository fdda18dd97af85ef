import { readTarget } from '../../access/harbor-access.ts';
import { tagOf } from '../../config/image-name.ts';
import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import { lookUntil, startDeadline } from '../../harbor/client/waiting.ts';
import type { HarborProject, HarborRepository } from '../../harbor/harbor.ts';
import type { SbomOptions } from '../../harbor/sbom/sbom.ts';
import type { ScanOptions } from '../../harbor/scan/scan-artifact.ts';
import type { ScanEvent } from '../../harbor/scan/scan-event.ts';
import { createOperation, type Operation } from '../../lib/operation.ts';
import type { StartedScan } from '../../model/harbor.ts';
import type { SbomReport } from '../../model/sbom.ts';
import type { ScanReport } from '../../model/scan-report.ts';
import type { CallOptions } from '../../substrate/obj-substrate.ts';
import type { HarborConnection } from './connection.ts';
import { completeDigest, findTarget } from './find-target.ts';

export interface ScanWaitOptions extends CallOptions {
  /** How long to wait for the result, in milliseconds. @default 900000 (15 minutes) */
  readonly timeoutMs?: number | undefined;
  /**
   * Whether to start a scan: `always`; `never`, which accepts an existing result; or `if-none`, when Harbor does not start one
   * by itself, as it does after a push with auto_scan.
   *
   * @default 'always'
   */
  readonly trigger?: ScanOptions['trigger'];
  /** `reportId`s of reports that are outdated: they do not count as the result. */
  readonly oldReports?: ReadonlySet<string> | undefined;
}

/** The artifact to scan. */
interface ScanRequest {
  readonly repo: string;
  /** A tag or digest that takes precedence over one in `repo`. @default the config's tag */
  readonly reference?: string | undefined;
}

/** What Harbor knows about the scans of an artifact. Starts no scan and waits for none. */
export async function scanResults(
  connection: HarborConnection,
  request: ScanRequest,
  { signal }: CallOptions,
): Promise<ScanReport> {
  const { repository, reference } = await openTarget(connection, request, signal);
  return await repository.scanReport(reference, { signal });
}

/** Starts a scan and does not wait for it. */
export async function triggerScan(
  connection: HarborConnection,
  request: ScanRequest,
  { signal }: CallOptions,
): Promise<StartedScan> {
  const { project, repository, reference } = await openTarget(connection, request, signal);
  const { started } = await repository.startScan(reference, { signal });
  return { repository: `${project.name}/${repository.name}`, reference, started };
}

/** The options of {@link HarborSession.sbom}. */
export type SbomCallOptions = CallOptions & Pick<SbomOptions, 'platform' | 'trigger' | 'timeoutMs'>;

/** The SBOM of an artifact; generated before with `trigger`. */
export async function sbom(
  connection: HarborConnection,
  request: ScanRequest,
  { signal, ...options }: SbomCallOptions,
): Promise<SbomReport> {
  const { repository, reference } = await openTarget(connection, request, signal);
  const onTrouble = (message: string): void => connection.onWarning?.(`waiting for Harbor: ${message}`);
  return await repository.sbom(reference, { ...options, signal, onTrouble });
}

/** Starts a scan as `trigger` requires, and waits for its result. */
export function scan(
  connection: HarborConnection,
  request: ScanRequest,
  { signal: callerSignal, timeoutMs, trigger = 'always', oldReports }: ScanWaitOptions,
): Operation<ScanEvent, ScanReport> {
  return createOperation(async ({ emit, signal }) => {
    const target = await openTarget(connection, request, signal);
    if (trigger === 'never' && oldReports === undefined) {
      return await readWhenSettled(target, { timeoutMs, signal }, (event) => void emit(event));
    }
    const operation = target.repository.scan(target.reference, { timeoutMs, trigger, oldReports, signal });
    for await (const event of operation) await emit(event);
    return await operation.result;
  }, callerSignal);
}

interface ScanTarget {
  readonly project: HarborProject;
  readonly repository: HarborRepository;
  readonly reference: string;
}

async function openTarget(
  connection: HarborConnection,
  { repo, reference }: ScanRequest,
  signal: AbortSignal | undefined,
): Promise<ScanTarget> {
  // A missing tag is an error before any request.
  const named = reference ?? readTarget(connection.pkg, repo).reference ?? tagOf(connection.pkg);
  const target = await findTarget(connection, repo, { signal });
  const { project, repository } = target;
  return {
    project,
    repository,
    reference: reference === undefined ? (target.reference ?? named) : await completeDigest(repository, named, signal),
  };
}

/** How long Harbor may take to start the scan of an artifact after its push. */
const BEGINS_WITHIN_MS = 10_000;

/** How much longer than the scan Harbor may take to generate the SBOM of a push. */
const SBOM_WAIT_MS = 60_000;

const DEFAULT_TIMEOUT_MS = 15 * 60_000;

/** Reads the report as soon as no scan of a platform runs, and Harbor will not start one by itself. */
export async function readWhenSettled(
  target: ScanTarget,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: { readonly timeoutMs: number | undefined; readonly signal: AbortSignal },
  emit: (event: ScanEvent) => void,
): Promise<ScanReport> {
  const { project, repository, reference } = target;
  const deadline = startDeadline(timeoutMs, signal);
  const started = performance.now();
  const reported = new Set<string>();
  let autoScan: boolean | undefined;
  const look = async (): Promise<ScanReport | undefined> => {
    const report = await repository.scanReport(reference, { signal: deadline.signal, sbomWaitMs: SBOM_WAIT_MS });
    for (const { platform, digest, state } of report.images) {
      if (state === 'running' && !reported.has(digest)) emit({ type: 'progress', platform, digest, status: 'running' });
      if (state === 'running') reported.add(digest);
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
    throw new ObjDockerError('TIMEOUT', `the scan of ${name} did not finish within ${timeoutMs / 1000} s`, {
      hint: 'The scan continues in Harbor: try again later, or with a longer --timeout.',
      details: { repository: name, reference },
      cause: error,
    });
  } finally {
    deadline.end();
  }
}

/** False also when the login may not read the project. */
async function scansByItself(project: HarborProject, signal: AbortSignal): Promise<boolean> {
  try {
    return (await project.get({ signal })).autoScan;
  } catch (error) {
    if (isObjDockerError(error) && error.code === 'REGISTRY_FORBIDDEN') return false;
    throw error;
  }
}
