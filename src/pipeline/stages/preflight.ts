import type { HarborProject } from '../../harbor/harbor.ts';
import type { Operation } from '../../lib/operation.ts';
import { pause } from '../../lib/retry.ts';
import {
  type CheckResult,
  type PreflightCheck,
  type PreflightEvent,
  type PreflightResult,
  preflightError,
  runPreflight,
} from '../../preflight/preflight.ts';
import type { RunContext } from '../run/context.ts';
import { openRunHarbor } from '../run/open-registry.ts';
import type { StageResult } from '../run/record.ts';
import { arrangeScanning, type Scanning } from '../run/scanning.ts';

export interface PreflightStage extends StageResult {
  /** How Harbor scans what is pushed; undefined when nothing is to be scanned, or can be. */
  readonly scanning?: Scanning;
}

/**
 * Checks all that the run will need before anything is built: what a build and a push need, and what the pipeline needs of
 * Harbor beside. The stage has failed, and the run ends with it, when the project's scanner is missing, disabled or down.
 *
 * @throws {ObjDockerError} the first check that failed.
 */
export async function preflight(context: RunContext): Promise<PreflightStage> {
  const { pkg, options, machine, tag, signal } = context;
  const { services, platforms, builder, scan = true } = options;
  const wanted = { services, tag, platforms, builder, signal };
  const general = await emitting(machine.docker.preflight(pkg, wanted), context);
  const failed = general.checks.filter(({ status }) => status === 'failed');
  if (failed.length > 0 && !(await isScannerAlone(failed, context))) throw preflightError(general);
  if (!scan) return { detail: detailOf(general.checks) };

  await using harbor = await openRunHarbor(context);
  const scanner = await emitting(runPreflight([scannerCheck(harbor.project)], { signal }), context);
  const problem = scanner.checks.find(({ status }) => status === 'failed');
  if (problem?.errorCode === 'SCANNER_DOWN' || problem?.errorCode === 'SCANNER_MISSING') {
    return { detail: problem.detail, failed: true };
  }
  if (problem !== undefined) throw preflightError(scanner);
  const scanning = await arrangeScanning(harbor.project, context);
  return { detail: detailOf([...general.checks, ...scanner.checks]), scanning };
}

async function emitting(
  checks: Operation<PreflightEvent, PreflightResult>,
  { record }: RunContext,
): Promise<PreflightResult> {
  for await (const event of checks) await record.emit({ type: 'preflight', event });
  return checks.result;
}

/** Harbor as a whole is "unhealthy" when no more than its scanner is; whether that matters here is asked of the project. */
async function isScannerAlone(
  failed: readonly CheckResult[],
  { pkg, machine, record, signal }: RunContext,
): Promise<boolean> {
  if (!failed.every(({ errorCode }) => errorCode === 'REGISTRY_UNHEALTHY')) return false;
  const { components = [] } = await machine.docker.connectRegistry(pkg, { signal });
  const ill = components.filter(({ status }) => status !== 'healthy');
  if (ill.length === 0 || ill.some(({ name }) => name !== 'trivy')) return false;
  record.warn(`Harbor at ${pkg.registry.host} says that its scanner trivy is not healthy`);
  return true;
}

/** A scanner that is restarted is back by then. */
const LOOK_AGAIN_MS = 2_000;

function scannerCheck(project: HarborProject): PreflightCheck {
  return {
    id: 'scanner',
    title: 'Scanner',
    async run(signal) {
      let problem = await project.scannerProblem({ signal });
      if (problem?.kind === 'down') {
        await pause(LOOK_AGAIN_MS, signal);
        problem = await project.scannerProblem({ signal });
      }
      if (problem === undefined) return { status: 'ok', detail: `Harbor can scan what is in ${project.name}` };
      return {
        status: 'failed',
        detail: problem.reason,
        hint: 'Have an administrator of Harbor look at it: Interrogation Services, Scanners.',
        errorCode: problem.kind === 'down' ? 'SCANNER_DOWN' : 'SCANNER_MISSING',
      };
    },
  };
}

function detailOf(checks: readonly CheckResult[]): string {
  const warnings = checks.filter(({ status }) => status === 'warning').length;
  const passed = `${checks.length} checks passed`;
  return warnings === 0 ? passed : `${passed}, ${warnings} with a warning`;
}
