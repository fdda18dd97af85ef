/**
 * Releases a package from a program: `node pipeline.js homechoice 1.4.0`, in the folder of its config.yaml or below.
 *
 * Prints the progress on stderr, and the released images by digest on stdout, for the deployment. Exit code 0: released. 1: not
 * released, for example because an image is rejected. 3: the result is not known, or something failed. 130: Ctrl-C.
 */
import process from 'node:process';
import { findConfig, isObjDockerError, loadConfig, ObjBuild, ObjDocker, type PipelineEvent } from 'objdocker';
import { writeRunReports } from 'objdocker/report';

const EXIT_CODES = new Map([
  ['passed', 0],
  ['unchanged', 0],
  ['rejected', 1],
  ['conflict', 1],
]);

/** One line for an event that matters in a log; undefined for events of a progress display. */
function line(event: PipelineEvent): string | undefined {
  switch (event.type) {
    case 'run-started':
      return `${event.run}: ${event.images.map(({ reference }) => reference).join(', ')}`;
    case 'stage-finished':
      return `${event.stage.name}: ${event.stage.detail ?? event.stage.status}`;
    case 'release':
      return `release ${event.number}: ${event.digest}`;
    case 'promotion':
      return `${event.reference} is ${event.promotion}: ${event.digest}`;
    case 'warning':
      return `warning: ${event.message}`;
    default:
      return undefined;
  }
}

async function release(name: string | undefined, tag: string | undefined, signal: AbortSignal): Promise<number> {
  const config = await loadConfig(await findConfig(process.cwd()), { signal });
  const pkg = config.selectPackage(name);
  using docker = new ObjDocker();
  const run = new ObjBuild(docker).run(pkg, { tags: tag === undefined ? undefined : [tag], signal });
  for await (const event of run) {
    const text = line(event);
    if (text !== undefined) process.stderr.write(`${text}\n`);
  }

  // A rejected image is a result, not an exception.
  const report = await run.result;
  const { html } = await writeRunReports(report, 'reports', { version: '1.0.0' });
  const { outcome, promoted, images, verdict } = report.run;
  for (const { repository, rejecting } of verdict?.images ?? []) {
    for (const finding of rejecting) process.stderr.write(`${repository}: ${finding.id} is ${finding.severity}\n`);
  }
  process.stderr.write(`${outcome}; see ${html}\n`);
  if (promoted) for (const { reference, digest } of images) process.stdout.write(`${reference}@${digest}\n`);
  return EXIT_CODES.get(outcome) ?? 3;
}

const controller = new AbortController();
// The run ends in order: it finishes or undoes the moves of tags that have begun.
process.once('SIGINT', () => controller.abort());

const [name, tag] = process.argv.slice(2);
release(name, tag, controller.signal).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    if (!isObjDockerError(error)) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n${error.hint ?? ''}\n`);
    process.exitCode = error.code === 'CANCELLED' ? 130 : 3;
  },
);
