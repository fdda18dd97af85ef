import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { CommandBody } from '../framework/command.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { openHarbor } from './open-harbor.ts';

/** `objdocker harbor-untag REPO TAG`: removes a tag and keeps its artifact. */
export const run: CommandBody = async (context, [repo = '', tag]) => {
  const { output } = context;
  const pkg = await context.selectPackage();
  await using harbor = openHarbor(context, pkg);
  const removed = await harbor.untag(repo, tag, { signal: context.signal });
  const { repository, digest } = removed;
  output.print(sanitizeLine(`removed the tag ${repository}:${removed.tag}; its artifact ${digest} remains`));
  output.printJson('harbor-untag', removed);
  return ExitCode.done;
};
