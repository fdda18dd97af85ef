import { expect, it } from 'vitest';
import { accessoryName } from './accessory-name.ts';

it.each([
  ['signature.cosign', undefined, 'signature'],
  ['signature.notation', undefined, 'signature'],
  ['sbom.harbor', undefined, 'SBOM'],
  ['subject.accessory', 'application/vnd.cncf.notary.signature', 'signature'],
  ['subject.accessory', 'application/vnd.dev.sigstore.bundle.v0.3+json', 'signature or attestation'],
  ['subject.accessory', 'application/vnd.dev.cosign.artifact.sig.v1+json', 'signature'],
  ['subject.accessory', 'application/vnd.dev.cosign.artifact.sbom.v1+json', 'SBOM'],
  ['subject.accessory', 'application/spdx+json', 'SBOM'],
  ['subject.accessory', 'application/vnd.cyclonedx+json', 'SBOM'],
  ['subject.accessory', 'application/vnd.in-toto+json', 'attestation'],
  ['subject.accessory', 'application/vnd.example.thing', 'application/vnd.example.thing'],
  ['subject.accessory', undefined, 'subject.accessory'],
])('%s with the artifact type %s is called %s', (type, artifactType, name) => {
  const accessory = { digest: 'sha256:1', size: 1, type, ...(artifactType === undefined ? {} : { artifactType }) };
  expect(accessoryName(accessory)).toBe(name);
});
