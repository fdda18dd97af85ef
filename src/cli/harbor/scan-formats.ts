/** The formats of a scan report. */
export const SCAN_FORMATS = ['table', 'json', 'sarif', 'html'] as const;

export type ScanFormat = (typeof SCAN_FORMATS)[number];

/** The formats of an SBOM. */
export const SBOM_FORMATS = ['table', 'spdx'] as const;

export type SbomFormat = (typeof SBOM_FORMATS)[number];
