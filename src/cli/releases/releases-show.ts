import { ObjBuild } from '../../pipeline/obj-build.ts';
import type { CommandBody } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { numberOfRelease } from './release-number.ts';
import { renderRelease } from './render-release.ts';

/** `objdocker releases show NUMBER`: prints a release record. */
export const run: CommandBody = async (context, [text = '']) => {
  const { output, environment, signal } = context;
  const number = numberOfRelease(text, 'the release');
  const pkg = await context.selectPackage();
  const docker = createDocker(context);
  try {
    const release = await new ObjBuild(docker, { environment }).release(pkg, number, { signal });
    const { columns, colors } = output;
    for (const line of renderRelease(release, { columns, colors, now: environment.now() })) output.print(line);
    output.printJson('releases-show', release);
    return ExitCode.done;
  } finally {
    docker.close();
  }
};
