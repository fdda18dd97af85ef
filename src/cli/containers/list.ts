import { ObjDockerError } from '../../errors.ts';
import { didYouMean } from '../../lib/text/suggest.ts';
import { INSTANCE_STATES, type InstanceState } from '../../model/enums.ts';
import type { ObjDocker } from '../../obj-docker/obj-docker.ts';
import type { CommandBody, CommandContext } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { quoted, textsOf } from '../framework/option-values.ts';
import { renderInstances } from './render-instances.ts';

/** `objdocker list`: lists all containers, or those that match the filters. */
export const run: CommandBody = async (context, _args, given) => {
  const { output, signal, environment } = context;
  const states = textsOf(given, 'status')?.map(stateOf);
  const filters = { labels: textsOf(given, 'label'), states, names: textsOf(given, 'name') };
  const docker = createDocker(context);
  try {
    const images = await imagesOfPackage(context, docker);
    const instances = await docker.listInstances({ ...filters, images, signal });
    if (output.quiet) for (const { id } of instances) output.print(id);
    else if (instances.length > 0)
      output.print(
        renderInstances(instances, { columns: output.columns, colors: output.colors, now: environment.now() }),
      );
    else {
      const isFiltered = images !== undefined || Object.values(filters).some((values) => values !== undefined);
      output.info(isFiltered ? 'no container matches the filters' : 'no containers');
    }
    output.printJson('list', { items: instances, total: instances.length });
    return ExitCode.done;
  } finally {
    docker.close();
  }
};

function stateOf(text: string): InstanceState {
  const state = INSTANCE_STATES.find((known) => known === text);
  if (state !== undefined) return state;
  throw new ObjDockerError(
    'USAGE',
    `--status ${quoted(text)} is not a container state${didYouMean(text, INSTANCE_STATES)}`,
    { hint: `One of: ${INSTANCE_STATES.join(', ')}.` },
  );
}

/** The repositories of the package's images. Only for `--package`, because container commands read no config.yaml without it. */
async function imagesOfPackage(context: CommandContext, docker: ObjDocker): Promise<readonly string[] | undefined> {
  if (context.globals.package === undefined) return undefined;
  const { formatImageReference, parseImageReference } = await import('../../image-ref.ts');
  const { images } = await docker.describeBuild(await context.selectPackage(), { signal: context.signal });
  return images.map(({ reference }) => {
    const { domain, path } = parseImageReference(reference);
    return formatImageReference({ domain, path });
  });
}
