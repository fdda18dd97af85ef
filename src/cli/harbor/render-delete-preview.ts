import type { Artifact } from '../../harbor/artifacts/artifacts.ts';
import type { DeletePreview } from '../../harbor/artifacts/delete.ts';
import { formatBytes, visibleLine } from '../../terminal/text.ts';
import type { Colors } from '../framework/output.ts';

/** What deleting an artifact takes along, or why Harbor refuses. */
export function renderDeletePreview(preview: DeletePreview, colors: Colors): string {
  const { artifact, tags, children, keptChildren, indexes, refusal } = preview;
  const immutable = tags.filter((tag) => tag.immutable).map(({ name }) => name);
  const lines = [
    colors.bold(visibleLine(artifact.digest)),
    `  ${formatBytes(artifact.size)}, pushed ${visibleLine(artifact.pushed)}`,
    tags.length === 0
      ? '  has no tag'
      : `  goes with its tags: ${visibleLine(tags.map(({ name }) => name).join(', '))}`,
    ...artifact.accessories.map(({ type, digest }) => `  goes with its ${visibleLine(`${type} ${digest}`)}`),
    ...children.map((child) => `  goes with its image ${describe(child)}`),
    ...keptChildren.map((child) => `  leaves its image ${describe(child)}, which has a tag or another index`),
  ];
  if (refusal === 'immutable')
    lines.push(
      colors.yellow(
        `  Harbor refuses: ${visibleLine(immutable.join(', '))} cannot be changed, by a rule of the project (Policy, Tag Immutability): change the rule first`,
      ),
    );
  if (refusal === 'in-index')
    lines.push(
      colors.yellow(
        `  Harbor refuses: it is a platform of ${visibleLine(indexes.join(', '))}: delete that, and it goes with it`,
      ),
    );
  return lines.join('\n');
}

function describe({ platform, digest }: Artifact): string {
  return visibleLine(platform === undefined ? digest : `${platform} ${digest}`);
}
