import { formatTime } from '../../lib/text/time.ts';
import { ObjBuild } from '../../pipeline/obj-build.ts';
import type { CommandBody } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { textOf } from '../framework/option-values.ts';
import { ignoredRecordsOf } from '../releases/release-number.ts';
import { follow } from './follow.ts';

/** `objdocker hold [PACKAGE]`: stops the pipelines of a package. */
export const run: CommandBody = async (context, [name], given) => {
  const { output, environment, signal } = context;
  const options = { reason: textOf(given, 'reason'), ignoredRecords: ignoredRecordsOf(given), signal };
  const pkg = await context.selectPackage(name);
  const docker = createDocker(context);
  try {
    const record = await follow(new ObjBuild(docker, { environment }).hold(pkg, options), output);
    output.print(`${pkg.name} is held since ${formatTime(record.created)}, record ${record.number}`);
    output.printJson('hold', record);
    output.info(`its pipelines stop before they build, until: objdocker resume ${pkg.name}`);
    return ExitCode.done;
  } finally {
    docker.close();
  }
};
