export { type HtmlReportOptions, htmlReport, renderHtmlReport, writeHtmlReport } from './html-report.ts';
export { runJunit } from './junit.ts';
export type { WriteOptions } from './pieces.ts';
export { type RunPageOptions, runPage } from './run-html.ts';
export { type RunReportFiles, type RunReportOptions, writeRunReports } from './run-reports.ts';
export { type ResultImage, type RunResult, runResult } from './run-result.ts';
export { runSarif, toRunSarif } from './run-sarif.ts';
export { type SarifOptions, sarif, toSarif, writeSarif } from './sarif.ts';
