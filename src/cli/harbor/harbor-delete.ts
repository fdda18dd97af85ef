import type { Artifact } from '../../harbor/artifacts/artifacts.ts';
import type { DeletePreview } from '../../harbor/artifacts/delete.ts';
import { formatBytes } from '../../lib/text/bytes.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { accessoryName } from '../../model/accessory-name.ts';
import type { Colors } from '../../terminal/output-stream.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { CommandBody } from '../framework/command.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { isOn } from '../framework/option-values.ts';
import { confirm } from '../framework/prompts.ts';
import { openHarbor } from './open-harbor.ts';

/** `objdocker harbor-delete REPO DIGEST`: shows what would be deleted, asks for confirmation, and deletes the artifact. */
export const run: CommandBody = async (context, [repo = '', digest], given) => {
  const { output } = context;
  const pkg = await context.selectPackage();
  const { signal } = context;
  await using harbor = openHarbor(context, pkg);
  const preview = await harbor.previewDelete(repo, digest, { signal });
  const text = renderPreview(preview, output.colors);
  // When Harbor would refuse, a confirmation is pointless. With --yes the request is sent, and Harbor's refusal is the error.
  if (isOn(given, 'dryRun') || (preview.refusal !== undefined && !isOn(given, 'yes'))) {
    output.print(wrap(text, output.columns));
    output.printJson('harbor-delete', toJson(preview, false));
    return preview.refusal === undefined ? ExitCode.done : ExitCode.no;
  }
  output.info(wrap(text, output.stderrColumns));
  const name = `${preview.repository}@${preview.artifact.digest}`;
  if (!isOn(given, 'yes')) {
    if (
      !(await confirm(context, {
        question: `Delete ${sanitizeLine(preview.artifact.digest)}?`,
        action: `delete ${name}`,
      }))
    ) {
      output.info('nothing was deleted');
      return ExitCode.no;
    }
  }
  // By what was shown, not by what was typed: another artifact may have the same first digits by now.
  await harbor.deleteArtifact(preview.repository, preview.artifact.digest, { signal });
  output.print(`deleted ${sanitizeLine(name)}`);
  output.printJson('harbor-delete', toJson(preview, true));
  return ExitCode.done;
};

function toJson(
  { repository, artifact, tags, children, remainingChildren, indexes, refusal }: DeletePreview,
  deleted: boolean,
) {
  return {
    repository,
    digest: artifact.digest,
    deleted,
    tags: tags.map(({ name }) => name),
    accessories: artifact.accessories,
    children: children.map((child) => child.digest),
    remainingChildren: remainingChildren.map((child) => child.digest),
    indexes,
    ...(refusal === undefined ? {} : { refusal }),
  };
}

/** The artifact and all that is deleted with it, or why Harbor would refuse. */
function renderPreview(preview: DeletePreview, colors: Colors): string {
  const { repository, artifact, tags, children, remainingChildren, indexes, refusal } = preview;
  const immutable = tags.filter((tag) => tag.immutable).map(({ name }) => name);
  const lines = [
    colors.bold(sanitizeLine(`${repository}@${artifact.digest}`)),
    `  ${formatBytes(artifact.size)}, pushed ${sanitizeLine(artifact.pushed)}`,
    tags.length === 0 ? '  no tags' : `  deletes its tags: ${sanitizeLine(tags.map(({ name }) => name).join(', '))}`,
    ...artifact.accessories.map(
      (accessory) => `  deletes its ${sanitizeLine(`${accessoryName(accessory)} ${accessory.digest}`)}`,
    ),
    ...children.map((child) => `  deletes its image: ${describeImage(child)}`),
    ...remainingChildren.map(
      (child) => `  keeps its image: ${describeImage(child)}, which has a tag or is in another index`,
    ),
  ];
  if (refusal === 'immutable')
    lines.push(
      colors.yellow(
        `  Harbor refuses: a tag immutability rule of the project protects ${sanitizeLine(immutable.join(', '))}. Change the rule first (Policy, Tag Immutability).`,
      ),
    );
  if (refusal === 'in-index')
    lines.push(
      colors.yellow(
        `  Harbor refuses: the image is a platform of the index ${sanitizeLine(indexes.join(', '))}. Delete the index to delete it.`,
      ),
    );
  return lines.join('\n');
}

function describeImage({ platform, digest }: Artifact): string {
  return sanitizeLine(platform === undefined ? digest : `${platform} ${digest}`);
}
