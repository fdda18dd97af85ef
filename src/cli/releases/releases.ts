import type { StoredRelease } from '../../model/release.ts';
import { ObjBuild } from '../../pipeline/obj-build.ts';
import type { UnreadableRelease } from '../../pipeline/options.ts';
import type { CommandBody } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { numberOfRelease } from './release-number.ts';
import { renderReleases } from './render-release.ts';

/** `objdocker releases [PACKAGE]`: lists the latest release records. Exit code 3 when one cannot be read. */
export const run: CommandBody = async (context, [name], given) => {
  const { output, environment, signal } = context;
  const limit = typeof given.limit === 'string' ? numberOfRelease(given.limit, '--limit') : undefined;
  const pkg = await context.selectPackage(name);
  const docker = createDocker(context);
  try {
    const found = await new ObjBuild(docker, { environment }).releases(pkg, { limit, signal });
    const isReadable = (each: StoredRelease | UnreadableRelease): each is StoredRelease => !('error' in each);
    const items = found
      .filter(isReadable)
      .filter(({ tags }) => typeof given.tag !== 'string' || tags.includes(given.tag));
    const unreadable = found.flatMap((each) => (isReadable(each) ? [] : [each]));
    for (const { error } of unreadable) output.warn(error.message);
    const { columns, colors } = output;
    if (output.quiet) for (const { number } of items) output.print(String(number));
    else if (items.length > 0)
      for (const line of renderReleases(items, { columns, colors, now: environment.now() })) output.print(line);
    else output.info(`no releases of ${pkg.name} yet`);
    output.printJson('releases', {
      items,
      total: items.length,
      unreadable: unreadable.map(({ number, error }) => ({ number, error: error.toJSON() })),
    });
    return unreadable.length === 0 ? ExitCode.done : ExitCode.outside;
  } finally {
    docker.close();
  }
};
