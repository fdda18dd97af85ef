import pMap from 'p-map';
import type { Package } from '../../config/package.ts';
import { ObjDockerError } from '../../errors.ts';
import { didYouMean } from '../../lib/text/suggest.ts';
import { joinWords } from '../../lib/text/words.ts';
import { describeActions } from '../../model/labels.ts';
import type { PackagePlan } from '../../model/plan.ts';
import { ObjBuild } from '../../pipeline/obj-build.ts';
import type { PlanOptions } from '../../pipeline/options.ts';
import type { CommandContext } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { EXIT_CODES, ExitCode } from '../framework/exit-codes.ts';
import { asObjDockerError } from '../framework/output.ts';
import { renderExplained, renderPlan } from './render-plan.ts';

export interface PrintPlansOptions {
  /** The names of several packages; else the one that `selectPackage` finds by it. */
  readonly packages: readonly string[] | string | undefined;
  readonly options: PlanOptions;
  /** The service to explain; for a package with a single image its repository. */
  readonly explain?: string | undefined;
}

/** How many packages are planned at once. */
const CONCURRENCY = 4;

/**
 * Plans packages and prints the plans. Of several, one that cannot be planned does not keep the others back.
 *
 * @throws {ObjDockerError} the failure of a single package; SERVICE_UNKNOWN for `explain`
 */
export async function printPlans(
  context: CommandContext,
  { packages, options, explain }: PrintPlansOptions,
): Promise<ExitCode> {
  const { output, environment, signal } = context;
  const docker = createDocker(context);
  try {
    const build = new ObjBuild(docker, { environment });
    const plan = (pkg: Package): Promise<PackagePlan> =>
      build.plan(pkg, { ...options, explain: explain !== undefined, signal });
    const failures: ObjDockerError[] = [];
    const plans =
      typeof packages === 'object'
        ? await planEach(context, packages, { plan, onFailure: (error) => failures.push(error) })
        : [await plan(await context.selectPackage(packages))];
    const shown = explain === undefined ? plans : plans.map((each) => onlyService(each, explain));
    printText(context, shown, explain !== undefined);
    for (const error of failures) output.error(error);
    output.printJson('plan', { packages: shown });
    const [failure] = failures;
    return failure === undefined ? ExitCode.done : EXIT_CODES[failure.code];
  } finally {
    docker.close();
  }
}

/** Plans several packages. The warnings of the config are printed once, as packages share some. */
async function planEach(
  { loadConfig, output, signal }: CommandContext,
  packages: readonly string[],
  work: {
    readonly plan: (pkg: Package) => Promise<PackagePlan>;
    readonly onFailure: (error: ObjDockerError) => void;
  },
): Promise<PackagePlan[]> {
  const config = await loadConfig();
  const { formatIssue } = await import('../../config/validation/issues.ts');
  for (const issue of config.warnings) output.warn(formatIssue(issue));
  return await pMap(
    packages,
    async (name) => {
      try {
        return await work.plan(config.selectPackage(name));
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        const error = asObjDockerError(thrown);
        work.onFailure(error);
        return failedPlan(name, error);
      }
    },
    { concurrency: CONCURRENCY },
  );
}

function failedPlan(name: string, error: ObjDockerError): PackagePlan {
  return { name, tags: [], services: [], stops: [], warnings: [], error: error.toJSON() };
}

function onlyService(plan: PackagePlan, name: string): PackagePlan {
  const services = plan.services.filter((each) => each.name === name);
  if (services.length > 0) return { ...plan, services };
  const names = plan.services.map((each) => each.name);
  throw new ObjDockerError('SERVICE_UNKNOWN', `${plan.name} has no service ${name}${didYouMean(name, names)}`, {
    hint: `It has ${joinWords(names)}.`,
  });
}

function printText({ output }: CommandContext, plans: readonly PackagePlan[], isExplained: boolean): void {
  const { columns, colors } = output;
  const render = isExplained ? renderExplained : renderPlan;
  let isFirst = true;
  for (const plan of plans) {
    for (const warning of plan.warnings) output.warn(`${plan.name}: ${warning}`);
    if (plan.error !== undefined) continue;
    if (!isFirst) output.print('');
    isFirst = false;
    for (const line of render(plan, { columns, colors })) output.print(line);
  }
  if (plans.length < 2) return;
  const actions = plans.flatMap(({ services }) => services.map(({ action }) => action));
  output.info(`\nin all: ${describeActions(actions, 'to build')}`);
}
