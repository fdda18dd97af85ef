export { type HtmlReportOptions, htmlReport, renderHtmlReport, writeHtmlReport } from './html/html-report.ts';
export { type RunPageOptions, runPage } from './html/run/run-html.ts';
export { runJunit } from './junit/junit.ts';
export { type RunReportFiles, type RunReportOptions, startRunReports, writeRunReports } from './run-reports.ts';
export { runResult } from './run-result.ts';
export type { ResultImage, RunResult, UnfinishedResult } from './run-result-schema.ts';
export { runSarif, toRunSarif } from './sarif/run-sarif.ts';
export { type SarifOptions, sarif, toSarif, writeSarif } from './sarif/sarif.ts';
export type { WriteOptions } from './write-pieces.ts';
