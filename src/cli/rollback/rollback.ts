import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { joinWords } from '../../lib/text/words.ts';
import type { RollbackReport } from '../../model/rollback.ts';
import { ObjBuild } from '../../pipeline/obj-build.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { CommandBody } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { isOn, textOf, textsOf } from '../framework/option-values.ts';
import type { Output } from '../framework/output.ts';
import { follow } from '../releases/follow.ts';
import { ignoredRecordsOf, numberOfRelease } from '../releases/release-number.ts';
import { renderRelease } from '../releases/render-release.ts';

/** `objdocker rollback [PACKAGE]`: moves the public tags back to an earlier release, and holds the package. */
export const run: CommandBody = async (context, [name], given) => {
  const { output, environment, signal } = context;
  const to = textOf(given, 'to');
  const options = {
    to: to === undefined ? undefined : numberOfRelease(to, '--to'),
    services: textsOf(given, 'service'),
    tags: textsOf(given, 'tag'),
    reason: textOf(given, 'reason'),
    force: isOn(given, 'force'),
    releaseWithdrawn: isOn(given, 'releaseWithdrawn'),
    adopt: isOn(given, 'adopt'),
    ignoredRecords: ignoredRecordsOf(given),
    signal,
  };
  const pkg = await context.selectPackage(name);
  const docker = createDocker(context);
  try {
    const report = await follow(new ObjBuild(docker, { environment }).rollback(pkg, options), output);
    const { columns, colors } = output;
    const { release } = report;
    for (const line of renderRelease(release, { columns, colors, now: environment.now() })) output.print(line);
    output.printJson('rollback', report);
    printNext(report, output);
    return ExitCode.done;
  } finally {
    docker.close();
  }
};

function printNext({ release, from, to, scans }: RollbackReport, output: Output): void {
  const say = (text: string): void => output.info(wrap(sanitizeLine(text), output.stderrColumns));
  const { package: name, tags } = release;
  say(`${joinWords(tags)} of ${name} went back from release ${from} to the images of release ${to}`);
  if (scans.length > 0) say(`Harbor scans ${joinWords(scans)} again`);
  say('a moved tag restarts nothing in a cluster. What does:');
  say(`  objdocker releases show ${release.number} --format kustomize`);
  say(`${name} is held: its pipelines stop before they build. When the fault is fixed:`);
  say(`  objdocker resume ${name}`);
}
