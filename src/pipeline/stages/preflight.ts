import type { HarborProject } from '../../harbor/harbor.ts';
import type { Operation } from '../../lib/operation.ts';
import {
  type CheckResult,
  type PreflightCheck,
  type PreflightEvent,
  type PreflightResult,
  preflightError,
  runPreflight,
} from '../../preflight/preflight.ts';
import type { ProbeReport } from '../../preflight/probe/report.ts';
import { type RunContext, type RunImage, servicesOf } from '../run/context.ts';
import { type OpenedRegistry, openRunRegistry } from '../run/open-registry.ts';
import { applyPushSettings, type ScanSettings } from '../run/push-settings.ts';
import type { StageResult } from '../run/run-progress.ts';
import { findLastingProblem, REMEMBERED_MS, RETRY_MS } from '../run/scanner-watch.ts';

export interface PreflightStage extends StageResult {
  /** Undefined when the run does not scan. */
  readonly scanSettings?: ScanSettings;
  /** For the stages that follow. */
  readonly registry: OpenedRegistry;
}

/**
 * Runs the preflight checks of the registry and of the project's scanner. A scanner that is missing, disabled or down fails the
 * stage and ends the run. What builds is checked when something has to be built.
 *
 * @throws {ObjDockerError} the first check that failed.
 */
export async function preflight(context: RunContext): Promise<PreflightStage> {
  const general = await runChecks(context, context.images, 'registry');
  const failed = general.checks.filter(({ status }) => status === 'failed');
  if (failed.length > 0 && !(await isOnlyScannerDown(failed, context))) throw preflightError(general);
  const registry = await openRunRegistry(context);
  try {
    return { ...(await preflightScanner(context, registry, general.checks)), registry };
  } catch (error) {
    await registry[Symbol.asyncDispose]();
    throw error;
  }
}

async function preflightScanner(
  context: RunContext,
  { harbor, project }: OpenedRegistry,
  general: readonly CheckResult[],
): Promise<Omit<PreflightStage, 'registry'>> {
  const { options, signal } = context;
  if (options.scan === false || harbor === undefined || project === undefined) return { detail: detailOf(general) };
  const scanner = await emitAll(runPreflight([scannerCheck(project, context)], { signal }), context);
  const problem = scanner.checks.find(({ status }) => status === 'failed');
  if (problem?.errorCode === 'SCANNER_DOWN' || problem?.errorCode === 'SCANNER_MISSING') {
    return { detail: problem.detail, failed: true };
  }
  if (problem !== undefined) throw preflightError(scanner);
  const scanSettings = await applyPushSettings({ harbor, project }, context);
  return { detail: detailOf([...general, ...scanner.checks]), scanSettings };
}

/**
 * Checks what builds some of the images.
 *
 * @throws {ObjDockerError} the first check that failed.
 */
export async function checkBuilder(context: RunContext, images: readonly RunImage[]): Promise<void> {
  const result = await runChecks(context, images, 'build');
  if (result.checks.some(({ status }) => status === 'failed')) throw preflightError(result);
}

function runChecks(
  context: RunContext,
  images: readonly RunImage[],
  part: 'build' | 'registry',
): Promise<PreflightResult> {
  const { pkg, options, docker, tag, signal } = context;
  const { platforms, builder, scan = true } = options;
  const services = servicesOf(images, options.services);
  return emitAll(docker.preflight(pkg, { services, tag, platforms, builder, scan, part, signal }), context);
}

async function emitAll(
  checks: Operation<PreflightEvent, PreflightResult>,
  { progress }: RunContext,
): Promise<PreflightResult> {
  for await (const event of checks) await progress.emit({ type: 'preflight', event });
  const result = await checks.result;
  // Later stages warn of the same.
  for (const { status, detail } of result.checks) if (status === 'warning') progress.reported(detail);
  return result;
}

/** Harbor reports itself unhealthy when only Trivy is. Whether that matters depends on the scanner of the project. */
async function isOnlyScannerDown(failed: readonly CheckResult[], context: RunContext): Promise<boolean> {
  const { pkg, progress } = context;
  if (!failed.every(({ errorCode }) => errorCode === 'REGISTRY_UNHEALTHY')) return false;
  const components = await readComponents(context);
  const unhealthy = components.filter(({ status }) => status !== 'healthy');
  if (unhealthy.length === 0 || unhealthy.some(({ name }) => name !== 'trivy')) return false;
  progress.warn(`Harbor at ${pkg.registry.host} reports that its component trivy is not healthy`);
  return true;
}

async function readComponents({ pkg, docker, signal }: RunContext): Promise<NonNullable<ProbeReport['components']>> {
  return (await docker.connectRegistry(pkg, { signal })).components ?? [];
}

function scannerCheck(project: HarborProject, context: RunContext): PreflightCheck {
  return {
    id: 'scanner',
    title: 'Scanner',
    async run(signal) {
      const problem = await findLastingProblem(project, {
        // Harbor's health is more recent than what it says of the scanner.
        patience: async () => ((await isTrivyHealthy(context)) ? REMEMBERED_MS : RETRY_MS),
        signal,
      });
      if (problem === undefined) return { status: 'ok', detail: `Harbor can scan the images of ${project.name}` };
      return {
        status: 'failed',
        detail: problem.reason,
        hint: 'Ask an administrator of Harbor to check it under Interrogation Services, Scanners.',
        errorCode: problem.kind === 'down' ? 'SCANNER_DOWN' : 'SCANNER_MISSING',
      };
    },
  };
}

async function isTrivyHealthy(context: RunContext): Promise<boolean> {
  return (await readComponents(context)).some(({ name, status }) => name === 'trivy' && status === 'healthy');
}

function detailOf(checks: readonly CheckResult[]): string {
  const warnings = checks.filter(({ status }) => status === 'warning').length;
  const passed = `${checks.length} checks passed`;
  return warnings === 0 ? passed : `${passed}, ${warnings} with a warning`;
}
