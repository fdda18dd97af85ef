import { createHash } from 'node:crypto';

/** An SPDX document such as Trivy writes: the image, its distribution when it has packages, and the packages. */
export function spdxOf(image: string, packages: ReadonlyMap<string, string>, created: string): unknown {
  const id = (kind: string, name: string) =>
    `SPDXRef-${kind}-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
  const container = id('ContainerImage', image);
  const system = id('OperatingSystem', image);
  const contains = (from: string, to: string) => ({
    spdxElementId: from,
    relatedSpdxElement: to,
    relationshipType: 'CONTAINS',
  });
  const libraries = [...packages].map(([name, version]) => ({
    ...described(id('Package', `${name} ${version}`), name, 'LIBRARY'),
    versionInfo: version,
    externalRefs: [
      {
        referenceCategory: 'PACKAGE-MANAGER',
        referenceLocator: `pkg:deb/debian/${name}@${encodeURIComponent(version)}`,
        referenceType: 'purl',
      },
    ],
  }));
  const hasSystem = libraries.length > 0;
  return {
    SPDXID: 'SPDXRef-DOCUMENT',
    creationInfo: { created, creators: ['Organization: objdocker', 'Tool: sandbox-sample-scanner'] },
    dataLicense: 'CC0-1.0',
    documentNamespace: `http://localhost/container_image/${image}`,
    name: image,
    packages: [
      described(container, image, 'CONTAINER'),
      ...(hasSystem ? [{ ...described(system, 'debian', 'OPERATING-SYSTEM'), versionInfo: '12' }] : []),
      ...libraries,
    ],
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relatedSpdxElement: container, relationshipType: 'DESCRIBES' },
      ...(hasSystem ? [contains(container, system)] : []),
      ...libraries.map(({ SPDXID }) => contains(system, SPDXID)),
    ],
    spdxVersion: 'SPDX-2.3',
  };
}

const described = (SPDXID: string, name: string, primaryPackagePurpose: string) => ({
  SPDXID,
  name,
  primaryPackagePurpose,
  downloadLocation: 'NONE',
  filesAnalyzed: false,
});
