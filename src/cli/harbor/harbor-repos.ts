import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { HarborRepo } from '../../obj-docker/harbor/lists.ts';
import type { CommandBody } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { isOn } from '../framework/option-values.ts';
import { harborOptions } from './harbor.ts';
import { renderRepos } from './render-lists.ts';

/** `objdocker harbor-repos [PACKAGE]`: the repositories of the package's Harbor project. */
export const run: CommandBody = async (context, [name], given) => {
  const { output, environment } = context;
  const pkg = await context.selectPackage(name);
  const scan = isOn(given, 'scan');
  // Harbor's own time of a repository is not that of the last push: only its newest artifact tells.
  const options = { ...harborOptions(context), newest: !output.quiet || output.json, scan };
  const repos: HarborRepo[] = [];
  for await (const repo of createDocker(context).harborListRepos(pkg, options)) repos.push(repo);
  if (output.quiet) for (const repo of repos) output.print(sanitizeLine(repo.name));
  else if (repos.length > 0)
    output.print(renderRepos(repos, { columns: output.columns, colors: output.colors, now: environment.now(), scan }));
  else output.info(`no repositories in ${pkg.registry.project}`);
  output.printJson('harbor-repos', { items: repos, total: repos.length });
  return ExitCode.done;
};
