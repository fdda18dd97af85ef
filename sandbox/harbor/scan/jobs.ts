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
} from '../store/state.ts';

/** The label by which an image asks that its scan fails. */
const FAIL_LABEL = 'objdocker.sandbox.scan';

/** The project's own scanner, or the default one. */
export function scannerOf(harbor: Harbor, project: Project): Scanner | undefined {
  const { scanners } = harbor.store.state;
  return scanners.find(({ id }) => id === project.scanner) ?? scanners.find(({ isDefault }) => isDefault);
}

/** Whether the scanner answers Harbor: while it is down Harbor knows nothing of what it can scan. */
export const canScan = (harbor: Harbor, artifact: Artifact): boolean =>
  !harbor.down.has('trivy') && artifact.type === 'IMAGE';

/** The images that a scan of an artifact is about: itself, or an index's platforms without attestations. */
export function scannedImages(repository: Repository, artifact: Artifact): readonly Artifact[] {
  if (artifact.references.length === 0) return [artifact];
  return artifact.references
    .filter(({ platform }) => platform.os !== 'unknown')
    .flatMap(({ digest }) => repository.artifacts.filter((child) => child.digest === digest));
}

/** Starts a scan of every image of an artifact. @throws {HarborError} as Harbor refuses. */
export function startScan(harbor: Harbor, repository: Repository, artifact: Artifact): void {
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
    .map(({ reports }) => reports[scanner.id]?.status)
    .find((status) => status === 'Pending' || status === 'Running');
  if (busy !== undefined) throw conflict(`a previous scan process is ${busy}`);
  if (harbor.down.has('jobservice')) throw broken();
  for (const image of images) void runScan(harbor, repository, image, addReport(harbor, image, scanner));
}

/** A new report hides the old one at once. */
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
  const goesOn = () => report.status === 'Pending' || report.status === 'Running';
  if (!(await pause(harbor, scanTime * 0.25)) || !goesOn()) return;
  report.status = 'Running';
  report.started = wholeSecond(harbor);
  log(harbor, report, `scanning ${repository.name}@${image.digest}`);
  const result = await runScanner(harbor, repository, image);
  if (!(await pause(harbor, scanTime * 0.75)) || !goesOn()) return;
  while (planOf(harbor, repository, image)?.holds === true) if (!(await pause(harbor, 20)) || !goesOn()) return;
  if (typeof result === 'string') return finish(harbor, report, 'Error', result);
  report.result = result;
  finish(harbor, report, 'Success', 'the report is ready');
}

/** What the scanner finds, or why it fails. */
async function runScanner(harbor: Harbor, repository: Repository, image: Artifact) {
  if (harbor.down.has('trivy')) return 'the scanner does not answer';
  if (labelOf(image, FAIL_LABEL) === 'fail') return `the image asks for it with its label ${FAIL_LABEL}=fail`;
  const planned = image.plannedScan ?? planOf(harbor, repository, image)?.outcome;
  if (planned !== undefined) return 'fails' in planned ? planned.fails : planned;
  try {
    return await harbor.findings.scan(image);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The plan for the images of its platform, or for all of the repository. */
function planOf(harbor: Harbor, { name }: Repository, image: Artifact): ScanPlan | undefined {
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

/** Stops what runs. Harbor then keeps no result. */
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

/** Takes up the scans that a stopped server left. */
export function resumeScans(harbor: Harbor): void {
  for (const repository of harbor.store.state.repositories) {
    for (const image of repository.artifacts) {
      for (const report of Object.values(image.reports)) {
        if (report.status === 'Pending' || report.status === 'Running') void runScan(harbor, repository, image, report);
      }
    }
  }
}

/** False when the server stopped meanwhile. */
async function pause(harbor: Harbor, milliseconds: number): Promise<boolean> {
  try {
    await sleep(milliseconds, undefined, { signal: harbor.closing });
    return true;
  } catch {
    return false;
  }
}

/** Harbor tells the times of scans to the second. */
const wholeSecond = (harbor: Harbor) => timestamp(harbor).replace(/\.\d+Z$/, '.000Z');

function log(harbor: Harbor, report: ScanReport, message: string, level = 'INFO'): void {
  report.log.push(`${timestamp(harbor).replace(/\.\d+Z$/, 'Z')} [${level}] [sandbox/scan]: ${message}`);
}
