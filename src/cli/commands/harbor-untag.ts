import type { CommandBody } from '../command.ts';
import { createDocker } from '../docker.ts';
import { ExitCode } from '../exit-codes.ts';
import { harborOptions } from '../harbor.ts';
import { visibleLine } from '../render/text.ts';

/** `objdocker harbor-untag REPO TAG`: takes a tag off its artifact, which stays. */
export const run: CommandBody = async (context, [repo = '', tag]) => {
  const { output } = context;
  const pkg = await context.selectPackage();
  const removed = await createDocker(context).harborRemoveTag(pkg, repo, tag, harborOptions(context));
  const { repository, digest } = removed;
  output.print(visibleLine(`removed ${repository}:${removed.tag}; ${digest} stays`));
  output.document('harbor-untag', removed);
  return ExitCode.done;
};
