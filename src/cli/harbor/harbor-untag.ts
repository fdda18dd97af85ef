import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { CommandBody } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { harborOptions } from './harbor-options.ts';

/** `objdocker harbor-untag REPO TAG`: removes a tag and keeps its artifact. */
export const run: CommandBody = async (context, [repo = '', tag]) => {
  const { output } = context;
  const pkg = await context.selectPackage();
  const removed = await createDocker(context).harborRemoveTag(pkg, repo, tag, harborOptions(context));
  const { repository, digest } = removed;
  output.print(sanitizeLine(`removed the tag ${repository}:${removed.tag}; its artifact ${digest} remains`));
  output.printJson('harbor-untag', removed);
  return ExitCode.done;
};
