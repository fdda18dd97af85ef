import { formatTime } from '../../lib/text/time.ts';
import { ObjBuild } from '../../pipeline/obj-build.ts';
import type { CommandBody } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { textOf } from '../framework/option-values.ts';
import { follow } from '../releases/follow.ts';
import { ignoredRecordsOf } from '../releases/release-number.ts';

/** `objdocker hold [PACKAGE]`, which stops the pipelines of a package, and `objdocker resume [PACKAGE]`. */
export const changeHold =
  (kind: 'hold' | 'resume'): CommandBody =>
  async (context, [name], given) => {
    const { output, environment, signal } = context;
    const options = { reason: textOf(given, 'reason'), ignoredRecords: ignoredRecordsOf(given), signal };
    const pkg = await context.selectPackage(name);
    const docker = createDocker(context);
    try {
      const record = await follow(new ObjBuild(docker, { environment })[kind](pkg, options), output);
      const state = kind === 'hold' ? `is held since ${formatTime(record.created)}` : 'is no longer held';
      output.print(`${pkg.name} ${state}, record ${record.number}`);
      output.printJson(kind, record);
      if (kind === 'hold') output.info(`its pipelines stop before they build, until: objdocker resume ${pkg.name}`);
      return ExitCode.done;
    } finally {
      docker.close();
    }
  };
