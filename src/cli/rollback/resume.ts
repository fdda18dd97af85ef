import { ObjBuild } from '../../pipeline/obj-build.ts';
import type { CommandBody } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { textOf } from '../framework/option-values.ts';
import { ignoredRecordsOf } from '../releases/release-number.ts';
import { follow } from './follow.ts';

/** `objdocker resume [PACKAGE]`: ends the hold of a package. */
export const run: CommandBody = async (context, [name], given) => {
  const { output, environment, signal } = context;
  const options = { reason: textOf(given, 'reason'), ignoredRecords: ignoredRecordsOf(given), signal };
  const pkg = await context.selectPackage(name);
  const docker = createDocker(context);
  try {
    const record = await follow(new ObjBuild(docker, { environment }).resume(pkg, options), output);
    output.print(`${pkg.name} is no longer held, record ${record.number}`);
    output.printJson('resume', record);
    return ExitCode.done;
  } finally {
    docker.close();
  }
};
