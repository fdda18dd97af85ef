export { type HtmlReportOptions, htmlReport, renderHtmlReport, writeHtmlReport } from './html-report.ts';
export type { WriteOptions } from './pieces.ts';
export { type SarifOptions, sarif, toSarif, writeSarif } from './sarif.ts';
