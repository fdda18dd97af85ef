import type { Accessory } from './harbor.ts';

const NAMES: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^signature\.|notary\.signature|cosign\.(simplesigning|artifact\.sig)/, 'signature'],
  [/sigstore\.bundle/, 'signature or attestation'],
  [/^sbom\.|spdx|cyclonedx|\.sbom\./, 'SBOM'],
  [/in-toto|dsse/, 'attestation'],
];

/** What an accessory is: `signature`, `SBOM`, `attestation`, else its artifact type. */
export function accessoryName({ type, artifactType = type }: Accessory): string {
  return NAMES.find(([pattern]) => pattern.test(artifactType))?.[1] ?? artifactType;
}
