import type { Artifact } from '../../harbor/artifacts/artifacts.ts';
import type { DeletePreview } from '../../harbor/artifacts/delete.ts';
import { formatBytes } from '../../lib/text/bytes.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { Colors } from '../framework/output.ts';

/** What deleting an artifact takes along, or why Harbor refuses. */
export function renderDeletePreview(preview: DeletePreview, colors: Colors): string {
  const { artifact, tags, children, keptChildren, indexes, refusal } = preview;
  const immutable = tags.filter((tag) => tag.immutable).map(({ name }) => name);
  const lines = [
    colors.bold(sanitizeLine(artifact.digest)),
    `  ${formatBytes(artifact.size)}, pushed ${sanitizeLine(artifact.pushed)}`,
    tags.length === 0
      ? '  has no tag'
      : `  goes with its tags: ${sanitizeLine(tags.map(({ name }) => name).join(', '))}`,
    ...artifact.accessories.map(({ type, digest }) => `  goes with its ${sanitizeLine(`${type} ${digest}`)}`),
    ...children.map((child) => `  goes with its image ${describe(child)}`),
    ...keptChildren.map((child) => `  leaves its image ${describe(child)}, which has a tag or another index`),
  ];
  if (refusal === 'immutable')
    lines.push(
      colors.yellow(
        `  Harbor refuses: ${sanitizeLine(immutable.join(', '))} cannot be changed, by a rule of the project (Policy, Tag Immutability): change the rule first`,
      ),
    );
  if (refusal === 'in-index')
    lines.push(
      colors.yellow(
        `  Harbor refuses: it is a platform of ${sanitizeLine(indexes.join(', '))}: delete that, and it goes with it`,
      ),
    );
  return lines.join('\n');
}

function describe({ platform, digest }: Artifact): string {
  return sanitizeLine(platform === undefined ? digest : `${platform} ${digest}`);
}
