import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { CommandBody } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { harborOptions } from './harbor.ts';

/** `objdocker harbor-untag REPO TAG`: takes a tag off its artifact, which stays. */
export const run: CommandBody = async (context, [repo = '', tag]) => {
  const { output } = context;
  const pkg = await context.selectPackage();
  const removed = await createDocker(context).harborRemoveTag(pkg, repo, tag, harborOptions(context));
  const { repository, digest } = removed;
  output.print(sanitizeLine(`removed ${repository}:${removed.tag}; ${digest} stays`));
  output.printJson('harbor-untag', removed);
  return ExitCode.done;
};
