import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { HarborArtifact } from '../../obj-docker/harbor/lists.ts';
import type { CommandBody } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { harborOptions } from './harbor.ts';
import { renderArtifacts } from './render-lists.ts';

/** `objdocker harbor-artifacts REPO`: the artifacts of a repository, with what their scans say. */
export const run: CommandBody = async (context, [repo = '']) => {
  const { output, environment } = context;
  const pkg = await context.selectPackage();
  const artifacts: HarborArtifact[] = [];
  const list = createDocker(context).harborListArtifacts(pkg, repo, harborOptions(context));
  for await (const artifact of list) artifacts.push(artifact);
  if (output.quiet) for (const { digest } of artifacts) output.print(sanitizeLine(digest));
  else if (artifacts.length > 0)
    output.print(
      renderArtifacts(artifacts, { columns: output.columns, colors: output.colors, now: environment.now() }),
    );
  else output.info('no artifacts: all of them were deleted');
  output.printJson('harbor-artifacts', { items: artifacts, total: artifacts.length });
  return ExitCode.done;
};
