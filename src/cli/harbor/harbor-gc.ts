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
import { harborOptions } from './harbor.ts';
import { renderCollection, renderCollections, renderGcProgress } from './render-gc.ts';

interface Work {
  readonly context: CommandContext;
  readonly docker: ObjDocker;
  readonly pkg: Package;
}

/** `objdocker harbor-gc`: starts a garbage collection, or shows those that there were. */
export const run: CommandBody = async (context, _args, given) => {
  const flags = readFlags(given);
  const pkg = await context.selectPackage();
  const work: Work = { context, pkg, docker: createDocker(context) };
  if (flags.history) return showHistory(work);
  if (flags.deleteUntagged && !flags.dryRun && !flags.yes) {
    const { host } = pkg.registry;
    const question = `This deletes every artifact without a tag in every project of ${host}. Go on?`;
    if (!(await confirm(context, { question, doing: `delete all untagged artifacts of ${host}` }))) {
      context.output.info('nothing was started');
      return ExitCode.no;
    }
  }
  return flags.wait || flags.log ? collect(work, flags) : start(work, flags);
};

async function start({ context, docker, pkg }: Work, { deleteUntagged, dryRun, workers }: GcFlags): Promise<ExitCode> {
  const { output } = context;
  const started = await docker.harborStartGc(pkg, { ...harborOptions(context), deleteUntagged, dryRun, workers });
  const { id, attached } = started;
  output.print(`garbage collection ${id} of ${pkg.registry.host} ${attached ? 'runs already' : 'was started'}`);
  output.info('What comes of it: objdocker harbor-gc --history, or --wait next time');
  output.printJson('harbor-gc', started);
  return ExitCode.done;
}

async function collect({ context, docker, pkg }: Work, flags: GcFlags): Promise<ExitCode> {
  const { output } = context;
  const { deleteUntagged, dryRun, workers, timeoutMs, log } = flags;
  const options = harborOptions(context);
  const gc = docker.harborGc(pkg, { ...options, deleteUntagged, dryRun, workers, timeoutMs });
  await renderGcProgress(gc, output, { dryRun });
  const result = await gc.result;
  const text = log ? await docker.harborGcLog(pkg, result.id, options) : undefined;
  if (text !== undefined) output.print(sanitize(text.trimEnd()));
  output.print(wrap(renderCollection(result, output.colors), output.columns));
  output.printJson('harbor-gc', { ...result, ...(text === undefined ? {} : { log: text }) });
  return result.state === 'done' ? ExitCode.done : ExitCode.outside;
}

async function showHistory({ context, docker, pkg }: Work): Promise<ExitCode> {
  const { output, environment } = context;
  const runs: GarbageCollection[] = [];
  for await (const run of docker.harborListGc(pkg, harborOptions(context))) runs.push(run);
  if (runs.length > 0)
    output.print(renderCollections(runs, { columns: output.columns, colors: output.colors, now: environment.now() }));
  else output.info(`there was no garbage collection at ${pkg.registry.host}`);
  output.printJson('harbor-gc-history', { items: runs, total: runs.length });
  return ExitCode.done;
}

type GcFlags = ReturnType<typeof readFlags>;

function readFlags(given: GivenOptions) {
  const switches = {
    history: isOn(given, 'history'),
    dryRun: isOn(given, 'dryRun'),
    deleteUntagged: isOn(given, 'deleteUntagged'),
    wait: isOn(given, 'wait'),
    log: isOn(given, 'log'),
    yes: isOn(given, 'yes'),
  };
  const waits = switches.wait || switches.log || switches.history;
  const flags = { ...switches, workers: workersOf(given), timeoutMs: waitTimeOf(given, { waits }) };
  const { history, ...others } = flags;
  if (history && Object.values(others).some((value) => value !== false && value !== undefined))
    throw new ObjDockerError('USAGE', '--history starts nothing, and takes no other flag of this command', {
      hint: 'Leave --history away to start a collection.',
    });
  return flags;
}

function workersOf(given: GivenOptions): number | undefined {
  const text = textOf(given, 'workers');
  if (text === undefined) return undefined;
  if (/^[1-5]$/.test(text)) return Number(text);
  throw new ObjDockerError('USAGE', `--workers ${quoted(text)} is not what Harbor takes`, {
    hint: 'Give 1 to 5.',
  });
}
