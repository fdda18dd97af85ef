import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { shortDigest } from '../../lib/text/words.ts';
import type { HarborArtifact, HarborRepo } from '../../model/harbor.ts';
import { fittingTable, type TableColumn } from '../../terminal/fitting-table.ts';
import type { CommandBody } from '../framework/command.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { isOn } from '../framework/option-values.ts';
import { type RenderListOptions, scanColumns, timeColumn } from './columns.ts';
import { openHarbor } from './open-harbor.ts';

/** `objdocker harbor-repos [PACKAGE]`: lists the repositories of the package's Harbor project. */
export const run: CommandBody = async (context, [name], given) => {
  const { output, environment } = context;
  const pkg = await context.selectPackage(name);
  const scan = isOn(given, 'scan');
  // Harbor's update time of a repository is not the time of its last push. Only its newest artifact has that.
  const options = {
    signal: context.signal,
    onIncomplete: (reason: string) => output.warn(reason),
    newest: !output.quiet || output.json,
    scan,
  };
  await using harbor = openHarbor(context, pkg);
  const repos: HarborRepo[] = [];
  for await (const repo of harbor.listRepos(options)) repos.push(repo);
  if (output.quiet) for (const repo of repos) output.print(sanitizeLine(repo.name));
  else if (repos.length > 0)
    output.print(renderRepos(repos, { columns: output.columns, colors: output.colors, now: environment.now(), scan }));
  else output.info(`no repositories in project ${pkg.registry.project}`);
  output.printJson('harbor-repos', { items: repos, total: repos.length });
  return ExitCode.done;
};

function renderRepos(
  repos: readonly HarborRepo[],
  { columns: width, colors, now, scan }: RenderListOptions & { readonly scan: boolean },
): string {
  const newest: TableColumn<HarborRepo> = {
    head: 'NEWEST',
    cell: ({ newest }) => (newest === undefined ? '' : tagOrDigest(newest, shortDigest)),
    fullCell: ({ newest }) => (newest === undefined ? '' : tagOrDigest(newest, (digest) => digest)),
    minWidth: 10,
    dropOrder: 1,
  };
  const columns: TableColumn<HarborRepo>[] = [
    { head: 'REPOSITORY', cell: ({ name }) => name, minWidth: 20 },
    { head: 'ARTIFACTS', cell: ({ artifactCount }) => String(artifactCount), dropOrder: 2 },
    timeColumn('LAST PUSH', ({ newest }) => newest?.pushed, { now, dropOrder: 3 }),
    { head: 'PULLS', cell: ({ pullCount }) => String(pullCount), dropOrder: 4 },
    ...(scan ? [newest, ...scanColumns<HarborRepo>(({ newest }) => newest?.scan, colors)] : []),
  ];
  return [...fittingTable(repos, columns, { width, colors })].join('\n');
}

function tagOrDigest({ tags, digest }: HarborArtifact, formatDigest: (digest: string) => string): string {
  return tags[0]?.name ?? formatDigest(digest);
}
