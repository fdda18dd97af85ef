/** The formats of a scan report. */
export const SCAN_FORMATS = ['table', 'json', 'sarif', 'html'] as const;

export type ScanFormat = (typeof SCAN_FORMATS)[number];
