export { type HtmlReportOptions, htmlReport, renderHtmlReport, writeHtmlReport } from './html-report.ts';
export type { WriteOptions } from './pieces.ts';
export { type RunReportFiles, type RunReportOptions, writeRunReports } from './run-reports.ts';
export { type ResultImage, type RunResult, runResult } from './run-result.ts';
export { type SarifOptions, sarif, toSarif, writeSarif } from './sarif.ts';
