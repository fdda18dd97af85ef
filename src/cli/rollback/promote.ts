import { joinWords } from '../../lib/text/words.ts';
import { ObjBuild } from '../../pipeline/obj-build.ts';
import type { CommandBody } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { isOn, textOf, textsOf } from '../framework/option-values.ts';
import { follow } from '../releases/follow.ts';
import { ignoredRecordsOf, numberOfRelease } from '../releases/release-number.ts';
import { renderRelease } from '../releases/render-release.ts';

/** `objdocker promote NUMBER --tag TAG`: gives a release another public tag. */
export const run: CommandBody = async (context, [text = ''], given) => {
  const { output, environment, signal } = context;
  const number = numberOfRelease(text, 'the release');
  const tags = textsOf(given, 'tag') ?? [];
  const options = {
    tags,
    reason: textOf(given, 'reason'),
    backwards: isOn(given, 'backwards'),
    throughHold: isOn(given, 'throughHold'),
    releaseWithdrawn: isOn(given, 'releaseWithdrawn'),
    adopt: isOn(given, 'adopt'),
    ignoredRecords: ignoredRecordsOf(given),
    signal,
  };
  const pkg = await context.selectPackage();
  const docker = createDocker(context);
  try {
    const report = await follow(new ObjBuild(docker, { environment }).promote(pkg, number, options), output);
    const { columns, colors } = output;
    for (const line of renderRelease(report.release, { columns, colors, now: environment.now() })) output.print(line);
    output.printJson('promote', report);
    if (!report.changed) output.info(`${joinWords(tags)} had the images of release ${number} already`);
    return ExitCode.done;
  } finally {
    docker.close();
  }
};
