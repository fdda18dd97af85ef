import type { Package } from '../../config/package.ts';
import { ObjDockerError } from '../../errors.ts';
import type { GarbageCollection } from '../../harbor/gc/gc.ts';
import { sanitize } from '../../lib/text/sanitize.ts';
import type { ObjDocker } from '../../obj-docker/obj-docker.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { CommandBody, CommandContext } from '../framework/command.ts';
import { confirm } from '../framework/confirm.ts';
import { createDocker } from '../framework/docker.ts';
import { waitTimeOf } from '../framework/duration.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { type GivenOptions, isOn, quoted, textOf } from '../framework/option-values.ts';
import { harborOptions } from './harbor-options.ts';
import { renderGcProgress, renderGcRun, renderGcRuns } from './render-gc.ts';

interface GcContext {
  readonly context: CommandContext;
  readonly docker: ObjDocker;
  readonly pkg: Package;
}

/** `objdocker harbor-gc`: starts gc, or lists its earlier runs. */
export const run: CommandBody = async (context, _args, given) => {
  const options = readOptions(given);
  const pkg = await context.selectPackage();
  const gcContext: GcContext = { context, pkg, docker: createDocker(context) };
  if (options.history) return showHistory(gcContext);
  if (options.deleteUntagged && !options.dryRun && !options.yes) {
    const { host } = pkg.registry;
    const question = `This deletes every artifact without a tag in every project of ${host}. Continue?`;
    if (!(await confirm(context, { question, doing: `delete all untagged artifacts of ${host}` }))) {
      context.output.info('gc was not started');
      return ExitCode.no;
    }
  }
  return options.wait || options.log ? runGc(gcContext, options) : startGc(gcContext, options);
};

async function startGc(
  { context, docker, pkg }: GcContext,
  { deleteUntagged, dryRun, workers }: GcOptions,
): Promise<ExitCode> {
  const { output } = context;
  const started = await docker.harborStartGc(pkg, { ...harborOptions(context), deleteUntagged, dryRun, workers });
  const { id, attached } = started;
  output.print(`gc run ${id} of ${pkg.registry.host} ${attached ? 'is already running' : 'was started'}`);
  output.info('Show its result: objdocker harbor-gc --history');
  output.printJson('harbor-gc', started);
  return ExitCode.done;
}

async function runGc({ context, docker, pkg }: GcContext, options: GcOptions): Promise<ExitCode> {
  const { output } = context;
  const { deleteUntagged, dryRun, workers, timeoutMs, log } = options;
  const common = harborOptions(context);
  const gc = docker.harborGc(pkg, { ...common, deleteUntagged, dryRun, workers, timeoutMs });
  await renderGcProgress(gc, output, { dryRun });
  const result = await gc.result;
  const text = log ? await docker.harborGcLog(pkg, result.id, common) : undefined;
  if (text !== undefined) output.print(sanitize(text.trimEnd()));
  output.print(wrap(renderGcRun(result, output.colors), output.columns));
  output.printJson('harbor-gc', { ...result, ...(text === undefined ? {} : { log: text }) });
  return result.state === 'done' ? ExitCode.done : ExitCode.outside;
}

async function showHistory({ context, docker, pkg }: GcContext): Promise<ExitCode> {
  const { output, environment } = context;
  const runs: GarbageCollection[] = [];
  for await (const run of docker.harborListGc(pkg, harborOptions(context))) runs.push(run);
  if (runs.length > 0)
    output.print(renderGcRuns(runs, { columns: output.columns, colors: output.colors, now: environment.now() }));
  else output.info(`no gc has run at ${pkg.registry.host}`);
  output.printJson('harbor-gc-history', { items: runs, total: runs.length });
  return ExitCode.done;
}

type GcOptions = ReturnType<typeof readOptions>;

function readOptions(given: GivenOptions) {
  const switches = {
    history: isOn(given, 'history'),
    dryRun: isOn(given, 'dryRun'),
    deleteUntagged: isOn(given, 'deleteUntagged'),
    wait: isOn(given, 'wait'),
    log: isOn(given, 'log'),
    yes: isOn(given, 'yes'),
  };
  const waits = switches.wait || switches.log || switches.history;
  const options = { ...switches, workers: workersOf(given), timeoutMs: waitTimeOf(given, { waits }) };
  const { history, ...others } = options;
  if (history && Object.values(others).some((value) => value !== false && value !== undefined))
    throw new ObjDockerError('USAGE', '--history cannot be combined with other flags of harbor-gc', {
      hint: 'Omit --history to start gc.',
    });
  return options;
}

function workersOf(given: GivenOptions): number | undefined {
  const text = textOf(given, 'workers');
  if (text === undefined) return undefined;
  if (/^[1-5]$/.test(text)) return Number(text);
  throw new ObjDockerError('USAGE', `--workers ${quoted(text)} is not a number from 1 to 5`, {
    hint: 'Harbor deletes with 1 to 5 workers.',
  });
}
