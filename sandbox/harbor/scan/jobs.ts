import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { badRequest, broken, conflict, precondition } from '../http/errors.ts';
import { type Harbor, timestamp } from '../store/harbor.ts';
import { projectOfRepository } from '../store/lookup.ts';
import {
  type Artifact,
  NEVER,
  type Project,
  type Repository,
  type Scanner,
  type ScanPlan,
  type ScanReport,
  type ScanStatus,
} from '../store/state.ts';

/** An image with the value `fail` in this label fails its scan. */
const FAIL_LABEL = 'objdocker.sandbox.scan';

/** The scanner of a project, or the default scanner. */
export function scannerOf(harbor: Harbor, project: Project): Scanner | undefined {
  const { scanners } = harbor.store.state;
  return scanners.find(({ id }) => id === project.scanner) ?? scanners.find(({ isDefault }) => isDefault);
}

/** Whether an artifact can be scanned. While the scanner is down, Harbor does not know what it can scan. */
export const canScan = (harbor: Harbor, artifact: Artifact): boolean =>
  !harbor.down.has('trivy') && artifact.type === 'IMAGE';

/** The images to scan: the artifact itself, or the platforms of an index without its attestations. */
export function scannedImages(repository: Repository, artifact: Artifact): readonly Artifact[] {
  if (artifact.references.length === 0) return [artifact];
  return artifact.references
    .filter(({ platform }) => platform.os !== 'unknown')
    .flatMap(({ digest }) => repository.artifacts.filter((child) => child.digest === digest));
}

/** The images of a new scan and its scanner. `statusOf` finds a scan that is still running. @throws {HarborError} as Harbor */
export function imagesToScan(
  harbor: Harbor,
  repository: Repository,
  artifact: Artifact,
  statusOf: (image: Artifact, scanner: Scanner) => ScanStatus | undefined,
): { readonly scanner: Scanner; readonly images: readonly Artifact[] } {
  const project = projectOfRepository(harbor, repository.name);
  const scanner = project === undefined ? undefined : scannerOf(harbor, project);
  if (scanner === undefined) throw precondition(`no available scanner for project: ${repository.projectId}`);
  if (scanner.disabled) throw precondition(`scanner ${scanner.name} is deactivated`);
  if (!canScan(harbor, artifact)) {
    const type = artifact.manifestMediaType;
    throw badRequest(
      `the configured scanner ${scanner.name} does not support scanning artifact with mime type ${type}`,
    );
  }
  const images = scannedImages(repository, artifact);
  const busy = images
    .map((image) => statusOf(image, scanner))
    .find((status) => status === 'Pending' || status === 'Running');
  if (busy !== undefined) throw conflict(`a previous scan process is ${busy}`);
  if (harbor.down.has('jobservice')) throw broken();
  return { scanner, images };
}

/** Starts a scan of every image of an artifact. @throws {HarborError} as Harbor */
export function startScan(harbor: Harbor, repository: Repository, artifact: Artifact): void {
  const { scanner, images } = imagesToScan(harbor, repository, artifact, ({ reports }, { id }) => reports[id]?.status);
  for (const image of images) void runScan(harbor, repository, image, addReport(harbor, image, scanner));
}

/** Adds a new report, which replaces the old one immediately. */
function addReport(harbor: Harbor, image: Artifact, scanner: Scanner): ScanReport {
  const report: ScanReport = {
    id: randomUUID(),
    scanner: scanner.id,
    status: 'Pending',
    started: NEVER,
    ended: NEVER,
    log: [],
  };
  image.reports[scanner.id] = report;
  harbor.store.save();
  return report;
}

async function runScan(harbor: Harbor, repository: Repository, image: Artifact, report: ScanReport): Promise<void> {
  const scanTime = planOf(harbor, repository, image)?.scanTime ?? harbor.timings.scanTime;
  const isOpen = () => report.status === 'Pending' || report.status === 'Running';
  if (!(await pause(harbor, scanTime * 0.25)) || !isOpen()) return;
  report.status = 'Running';
  report.started = wholeSecond(harbor);
  log(harbor, report, `scanning ${repository.name}@${image.digest}`);
  const result = await runScanner(harbor, repository, image);
  if (!(await pause(harbor, scanTime * 0.75)) || !isOpen()) return;
  if (!(await whileHeld(harbor, repository, image, isOpen))) return;
  if (typeof result === 'string') return finish(harbor, report, 'Error', result);
  report.result = result;
  finish(harbor, report, 'Success', 'the report is ready');
}

/** Waits while a plan holds the scan. @returns false when it was stopped meanwhile */
export async function whileHeld(
  harbor: Harbor,
  repository: Repository,
  image: Artifact,
  isOpen: () => boolean,
): Promise<boolean> {
  while (planOf(harbor, repository, image)?.holds === true) if (!(await pause(harbor, 20)) || !isOpen()) return false;
  return true;
}

/** The result of the scanner, or the reason of its failure. */
async function runScanner(harbor: Harbor, repository: Repository, image: Artifact) {
  const failure = failureOf(harbor, image);
  if (failure !== undefined) return failure;
  const planned = image.plannedScan ?? planOf(harbor, repository, image)?.outcome;
  if (planned !== undefined) return 'fails' in planned ? planned.fails : planned;
  try {
    return await harbor.findings.scan(image);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Why the scanner fails for an image. */
export function failureOf(harbor: Harbor, image: Artifact): string | undefined {
  if (harbor.down.has('trivy')) return 'the scanner does not respond';
  return labelOf(image, FAIL_LABEL) === 'fail' ? `the image has the label ${FAIL_LABEL}=fail` : undefined;
}

/** The plan for the image's platform, or for the whole repository. */
export function planOf(harbor: Harbor, { name }: Repository, image: Artifact): ScanPlan | undefined {
  const { os, architecture } = (image.extraAttrs ?? {}) as { os?: string; architecture?: string };
  const { scanPlans } = harbor.store.state;
  return scanPlans[`${name} ${os}/${architecture}`] ?? scanPlans[name];
}

function labelOf(image: Artifact, name: string): unknown {
  const attributes = image.extraAttrs as { config?: { Labels?: Record<string, unknown> } } | undefined;
  return attributes?.config?.Labels?.[name];
}

function finish(harbor: Harbor, report: ScanReport, status: 'Success' | 'Error', message: string): void {
  report.status = status;
  report.ended = wholeSecond(harbor);
  if (report.started === NEVER && status === 'Success') report.started = report.ended;
  log(harbor, report, message, status === 'Error' ? 'ERROR' : 'INFO');
  harbor.store.save();
}

/** Stops the running scans. As in Harbor, they have no result. */
export function stopScan(harbor: Harbor, repository: Repository, artifact: Artifact): void {
  const reports = scannedImages(repository, artifact).flatMap((image) => Object.values(image.reports));
  if (reports.length === 0) throw badRequest(`no scan job for artifact digest=${artifact.digest}`);
  for (const report of reports) {
    if (report.status !== 'Pending' && report.status !== 'Running') continue;
    report.status = 'Stopped';
    report.ended = wholeSecond(harbor);
    if (report.started === NEVER) report.started = report.ended;
  }
  harbor.store.save();
}

/** Resumes the scans that ran when the server stopped. */
export function resumeScans(harbor: Harbor): void {
  for (const repository of harbor.store.state.repositories) {
    for (const image of repository.artifacts) {
      for (const report of Object.values(image.reports)) {
        if (report.status === 'Pending' || report.status === 'Running') void runScan(harbor, repository, image, report);
      }
    }
  }
}

/** Waits. @returns false when the server stopped meanwhile */
export async function pause(harbor: Harbor, milliseconds: number): Promise<boolean> {
  try {
    await sleep(milliseconds, undefined, { signal: harbor.closing });
    return true;
  } catch {
    return false;
  }
}

/** Harbor reports the times of scans to the second. */
const wholeSecond = (harbor: Harbor) => timestamp(harbor).replace(/\.\d+Z$/, '.000Z');

function log(harbor: Harbor, report: ScanReport, message: string, level = 'INFO'): void {
  report.log.push(`${timestamp(harbor).replace(/\.\d+Z$/, 'Z')} [${level}] [sandbox/scan]: ${message}`);
}
