import { formatImageReference } from '../../image-ref.ts';
import { INSTANCE_STATES } from '../../model/enums.ts';
import type { CommandBody, CommandContext } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { textsOf } from '../framework/option-values.ts';
import { renderInstances } from './render-instances.ts';

/** `objdocker list`: lists all containers, or those that match the filters. */
export const run: CommandBody = async (context, _args, given) => {
  const { output, signal, environment } = context;
  const named = textsOf(given, 'status');
  const states = named && INSTANCE_STATES.filter((state) => named.includes(state));
  const filters = { labels: textsOf(given, 'label'), states, names: textsOf(given, 'name') };
  const docker = createDocker(context);
  try {
    const images = await imagesOfPackage(context);
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

/** The repositories of the package's images. Only for `--package`, because container commands read no config.yaml without it. */
async function imagesOfPackage(context: CommandContext): Promise<readonly string[] | undefined> {
  if (context.globals.package === undefined) return undefined;
  const { serviceRepositories } = await import('../../build/service-repositories.ts');
  const pkg = await context.selectPackage();
  const domain = pkg.image.host;
  const services = await serviceRepositories(pkg, context);
  return services.map(({ repository }) => formatImageReference({ domain, path: repository }));
}
