/**
 * Releases a package from a program: `node pipeline.js homechoice 1.4.0`, in the folder of its config.yaml or below.
 *
 * Prints what happens while it happens, and in the end the images by digest, which is what to deploy. Exit code 0: released. 1: the
 * answer is no, an image is rejected for example. 3: there is no answer, or something failed. 130: Ctrl-C.
 */
import process from 'node:process';
import { findConfig, isObjDockerError, loadConfig, ObjBuild, ObjDocker, type PipelineEvent } from 'objdocker';
import { writeRunReports } from 'objdocker/report';

const EXIT_CODES = new Map([
  ['passed', 0],
  ['rejected', 1],
  ['conflict', 1],
]);

/** One line an event that people want to know of; the others are for whoever draws progress. */
function line(event: PipelineEvent): string | undefined {
  switch (event.type) {
    case 'run-started':
      return `${event.run}: ${event.images.map(({ reference }) => reference).join(', ')}`;
    case 'stage-finished':
      return `${event.stage.name}: ${event.stage.detail ?? event.stage.status}`;
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
  const run = new ObjBuild(docker).run(pkg, { tag, signal });
  for await (const event of run) {
    const text = line(event);
    if (text !== undefined) process.stderr.write(`${text}\n`);
  }

  // A rejected image is an answer, not an exception.
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
// The pipeline ends what it has begun: tags that it is moving are moved or put back first.
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
