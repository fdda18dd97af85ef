import * as z from 'zod';
import type { SbomPackage } from '../../model/sbom.ts';

const text = z.string().nullish();

/** The part of an SPDX 2 document that is read. */
export const spdxSchema = z.looseObject({
  spdxVersion: z.string(),
  creationInfo: z.looseObject({ created: text }).nullish(),
  packages: z
    .array(
      z.looseObject({
        name: z.string(),
        versionInfo: text,
        primaryPackagePurpose: text,
        licenseDeclared: text,
        externalRefs: z.array(z.looseObject({ referenceType: text, referenceLocator: text })).nullish(),
      }),
    )
    .nullish(),
  hasExtractedLicensingInfos: z.array(z.looseObject({ licenseId: text, name: text })).nullish(),
});

/** An SPDX document. Fields that are not in the schema are kept. */
export type SpdxDocument = z.infer<typeof spdxSchema>;

/** The packages of an SPDX document, by name. The image, its distribution and the files that list packages are none. */
export function packagesOf({ packages, hasExtractedLicensingInfos }: SpdxDocument): readonly SbomPackage[] {
  const licenses = new Map(
    (hasExtractedLicensingInfos ?? []).flatMap(({ licenseId, name }) =>
      licenseId && name ? [[licenseId, name] as const] : [],
    ),
  );
  return (packages ?? [])
    .flatMap(({ name, versionInfo, primaryPackagePurpose, licenseDeclared, externalRefs }): SbomPackage[] => {
      const purl = externalRefs?.find(({ referenceType }) => referenceType === 'purl')?.referenceLocator ?? undefined;
      const type = purl === undefined ? undefined : /^pkg:([a-z][a-z0-9.+-]*)\//i.exec(purl)?.[1]?.toLowerCase();
      // The image itself has the package URL pkg:oci/….
      const isContent = primaryPackagePurpose === 'LIBRARY' || (type !== undefined && type !== 'oci');
      if (!isContent || primaryPackagePurpose === 'CONTAINER' || primaryPackagePurpose === 'OPERATING-SYSTEM')
        return [];
      const license = readLicense(licenseDeclared, licenses);
      return [
        {
          name,
          ...(versionInfo ? { version: versionInfo } : {}),
          ...(type === undefined ? {} : { type }),
          ...(purl === undefined ? {} : { purl }),
          ...(license === undefined ? {} : { license }),
        },
      ];
    })
    .sort((a, b) => compare(a.name, b.name) || compare(a.version ?? '', b.version ?? ''));
}

/** A license expression, with the names of licenses that SPDX does not list. */
function readLicense(expression: string | null | undefined, names: ReadonlyMap<string, string>): string | undefined {
  if (!expression || expression === 'NOASSERTION' || expression === 'NONE') return undefined;
  return expression.replace(/LicenseRef-[\w.-]+/g, (id) => names.get(id) ?? id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
