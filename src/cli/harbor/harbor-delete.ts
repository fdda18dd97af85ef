import type { DeletePreview } from '../../harbor/artifacts/delete.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { CommandBody } from '../framework/command.ts';
import { confirm } from '../framework/confirm.ts';
import { createDocker } from '../framework/docker.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { isOn } from '../framework/option-values.ts';
import { harborOptions } from './harbor.ts';
import { renderDeletePreview } from './render-delete-preview.ts';

/** `objdocker harbor-delete REPO DIGEST`: shows what goes with the artifact, asks, and deletes it. */
export const run: CommandBody = async (context, [repo = '', digest], given) => {
  const { output } = context;
  const pkg = await context.selectPackage();
  const docker = createDocker(context);
  const options = harborOptions(context);
  const preview = await docker.harborPreviewDelete(pkg, repo, digest, options);
  const text = renderDeletePreview(preview, output.colors);
  // Without --yes nothing is sent that was not asked about, and what Harbor refuses needs no question.
  if (isOn(given, 'dryRun') || (preview.refusal !== undefined && !isOn(given, 'yes'))) {
    output.print(wrap(text, output.columns));
    output.printJson('harbor-delete', documentOf(preview, false));
    return preview.refusal === undefined ? ExitCode.done : ExitCode.no;
  }
  output.info(wrap(text, output.stderrColumns));
  const name = preview.artifact.digest;
  if (!isOn(given, 'yes')) {
    if (!(await confirm(context, { question: `Delete ${sanitizeLine(name)}?`, doing: `delete ${name}` }))) {
      output.info('nothing was deleted');
      return ExitCode.no;
    }
  }
  await docker.harborDeleteArtifact(pkg, repo, digest, options);
  output.print(`deleted ${sanitizeLine(name)}`);
  output.printJson('harbor-delete', documentOf(preview, true));
  return ExitCode.done;
};

function documentOf({ artifact, tags, children, keptChildren, indexes, refusal }: DeletePreview, deleted: boolean) {
  return {
    digest: artifact.digest,
    deleted,
    tags: tags.map(({ name }) => name),
    accessories: artifact.accessories,
    children: children.map((child) => child.digest),
    keptChildren: keptChildren.map((child) => child.digest),
    indexes,
    ...(refusal === undefined ? {} : { refusal }),
  };
}
