import type { Package } from '../../../config/package.ts';
import { ObjDockerError } from '../../../errors.ts';
import { sanitize } from '../../../lib/text/sanitize.ts';
import type { GcRun } from '../../../model/harbor.ts';
import type { HarborSession } from '../../../obj-docker/harbor/harbor-session.ts';
import { wrap } from '../../../terminal/wrap.ts';
import type { CommandBody, CommandContext } from '../../framework/command.ts';
import { ExitCode } from '../../framework/exit-codes.ts';
import { type GivenOptions, isOn, quoted, textOf, waitTimeOf } from '../../framework/option-values.ts';
import { confirm } from '../../framework/prompts.ts';
import { openHarbor } from '../open-harbor.ts';
import { renderGcProgress, renderGcRun, renderGcRuns } from './render-gc.ts';

interface GcContext {
  readonly context: CommandContext;
  readonly harbor: HarborSession;
  readonly pkg: Package;
}

/** `objdocker harbor-gc`: starts gc, or lists its earlier runs. */
export const run: CommandBody = async (context, _args, given) => {
  const options = readOptions(given);
  const pkg = await context.selectPackage();
  await using harbor = openHarbor(context, pkg);
  const gcContext: GcContext = { context, pkg, harbor };
  if (options.history) return await showHistory(gcContext);
  if (options.deleteUntagged && !options.dryRun && !options.yes) {
    const { host } = pkg.registry;
    const question = `This deletes every artifact without a tag in every project of ${host}. Continue?`;
    if (!(await confirm(context, { question, action: `delete all untagged artifacts of ${host}` }))) {
      context.output.info('gc was not started');
      return ExitCode.no;
    }
  }
  return options.wait || options.log ? await runGc(gcContext, options) : await startGc(gcContext, options);
};

async function startGc(
  { context, harbor, pkg }: GcContext,
  { deleteUntagged, dryRun, workers }: GcOptions,
): Promise<ExitCode> {
  const { output } = context;
  const started = await harbor.startGc({ deleteUntagged, dryRun, workers, signal: context.signal });
  const { id, attached } = started;
  output.print(`gc run ${id} of ${pkg.registry.host} ${attached ? 'is already running' : 'was started'}`);
  output.info('Show its result: objdocker harbor-gc --history');
  output.printJson('harbor-gc', started);
  return ExitCode.done;
}

async function runGc({ context, harbor }: GcContext, options: GcOptions): Promise<ExitCode> {
  const { output } = context;
  const { deleteUntagged, dryRun, workers, timeoutMs, log } = options;
  const { signal } = context;
  const gc = harbor.gc({ deleteUntagged, dryRun, workers, timeoutMs, signal });
  await renderGcProgress(gc, output, { dryRun });
  const result = await gc.result;
  const text = log ? await harbor.gcLog(result.id, { signal }) : undefined;
  if (text !== undefined) output.print(sanitize(text.trimEnd()));
  output.print(wrap(renderGcRun(result, output.colors), output.columns));
  output.printJson('harbor-gc', { ...result, ...(text === undefined ? {} : { log: text }) });
  return result.state === 'done' ? ExitCode.done : ExitCode.outside;
}

async function showHistory({ context, harbor, pkg }: GcContext): Promise<ExitCode> {
  const { output, environment } = context;
  const runs: GcRun[] = [];
  for await (const run of harbor.listGc({ signal: context.signal })) runs.push(run);
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
