/** The SBOM of an artifact as plain data. The library returns it, and `--json` prints it. */
import * as z from 'zod';
import { digest, platform, type ReadonlyOutput, time } from './common-schemas.ts';

const sbomPackage = z.object({
  name: z.string(),
  version: z.string().exactOptional(),
  type: z.string().exactOptional().describe('of its package URL: deb, pypi, golang'),
  purl: z.string().exactOptional().describe('its package URL: pkg:deb/debian/bash@5.2.15-2'),
  license: z.string().exactOptional().describe('the license that it declares, as an SPDX expression'),
});

const sbomImage = z.object({
  platform,
  digest,
  sbom: digest.describe('of the SBOM, an accessory of the image'),
  created: time.exactOptional(),
  packages: z.array(sbomPackage).describe('what the scanner found in the image, by name'),
});

export const sbomReport = z.object({
  repository: z.string().describe('with the project: axion/services/api'),
  tags: z.array(z.string()),
  digest: digest.describe('of the artifact: the index, or its one image'),
  images: z.array(sbomImage).describe('one for each platform'),
});

/** A package in an image. */
export type SbomPackage = ReadonlyOutput<typeof sbomPackage>;

/** The SBOM of one image. */
export type SbomImage = ReadonlyOutput<typeof sbomImage> & {
  /** The SPDX document as the scanner wrote it. JSON output leaves it out. */
  readonly document: Readonly<Record<string, unknown>>;
};

/** The SBOM of an artifact, platform by platform. */
export type SbomReport = Omit<ReadonlyOutput<typeof sbomReport>, 'images'> & { readonly images: readonly SbomImage[] };
