import type { DockerfileFeature } from './graph.ts';
import type { ParsedInstruction } from './syntax/parse.ts';

// Flags that the legacy builder refuses with "requires BuildKit" (docker/cli and moby sources).
const BUILDKIT_FLAGS: Readonly<Record<string, readonly string[]>> = {
  RUN: ['network', 'security', 'device'],
  COPY: ['link', 'parents', 'exclude', 'chmod'],
  ADD: ['link', 'keep-git-dir', 'checksum', 'exclude', 'unpack', 'chmod'],
};

/** What in the instructions only BuildKit understands, each kind once, at its first line. */
export function buildkitFeatures(instructions: readonly ParsedInstruction[]): DockerfileFeature[] {
  const found = new Map<string, DockerfileFeature>();
  for (const instruction of instructions) {
    for (const feature of featuresOf(instruction)) if (!found.has(feature.text)) found.set(feature.text, feature);
  }
  return [...found.values()];
}

function featuresOf({ keyword, line, flags, heredocs }: ParsedInstruction): DockerfileFeature[] {
  const features: DockerfileFeature[] = [];
  if (heredocs.length > 0) features.push({ feature: 'heredoc', text: 'a heredoc', line });
  if (heredocs.some(({ spaced }) => spaced))
    features.push({ feature: 'spaced-heredoc', text: 'a heredoc with a space behind "<<"', line });
  for (const { text } of flags) {
    const [, name = '', value = ''] = /^--([^=]*)=?(.*)$/s.exec(text) ?? [];
    if (keyword === 'RUN' && name === 'mount') features.push({ feature: 'mount', text: 'RUN --mount', line });
    else if (keyword === 'FROM' && name === 'platform' && value.includes('$'))
      features.push({ feature: 'platform', text: `FROM --platform=${value}`, line });
    else if (BUILDKIT_FLAGS[keyword]?.includes(name))
      features.push({ feature: 'flag', text: `${keyword} --${name}`, line });
  }
  return features;
}
