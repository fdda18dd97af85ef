export { type HtmlReportOptions, htmlReport, renderHtmlReport, writeHtmlReport } from './html-report.ts';
