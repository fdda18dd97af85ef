import type { CommandBody } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { renderInstance } from './render-instance.ts';

/** `objdocker get NAME`: shows a container in detail. */
export const run: CommandBody = async (context, [name = '']) => {
  const { output, signal, environment } = context;
  const docker = createDocker(context);
  try {
    const instance = await docker.getInstance(name, { signal });
    const { columns, colors } = output;
    output.print(output.quiet ? instance.id : renderInstance(instance, { columns, colors, now: environment.now() }));
    output.printJson('get', instance);
    return ExitCode.done;
  } finally {
    docker.close();
  }
};
