import { createColors } from 'picocolors';
import { expect, it } from 'vitest';
import { FINDING_SEVERITIES } from '../../model/enums.ts';
import { SCAN_STATE_LABELS, SEVERITY_LABELS } from '../../model/labels.ts';
import { renderHtmlReport } from '../../report/html/html-report.ts';
import { sampleFinding, sampleReport, sampleScan, withoutFix, withoutResult } from '../../report/sample.fixture.ts';
import { toSarif } from '../../report/sarif/sarif.ts';
import { renderScanReport } from './render-scan-report.ts';

const NOW = new Date('2026-11-23T12:00:00Z');

/** A report on the terminal, in HTML without its script's data, and in SARIF. */
function outputsOf(report: ReturnType<typeof sampleReport>): readonly string[] {
  const terminal = [...renderScanReport(report, { columns: undefined, colors: createColors(false), now: NOW })].join(
    '\n',
  );
  const html = renderHtmlReport([report], { title: 'axion/api', generated: NOW }).replaceAll(
    /<script.*?<\/script>/gs,
    '',
  );
  return [terminal, html, JSON.stringify(toSarif([report], { version: '1.0.0' }))];
}

it.each(['not-scanned', 'running', 'failed', 'scanner-down', 'unsupported'] as const)(
  'has one label for %s in all outputs',
  (state) => {
    const label = SCAN_STATE_LABELS[state].toLowerCase();
    for (const output of outputsOf(sampleReport([withoutResult(state)]))) expect(output.toLowerCase()).toContain(label);
  },
);

it.each(FINDING_SEVERITIES)('has one word for the severity %s in all outputs', (severity) => {
  expect(SEVERITY_LABELS[severity].toLowerCase()).toBe(severity);
  for (const output of outputsOf(sampleReport([sampleScan([sampleFinding({ severity })])])))
    expect(output.toLowerCase()).toMatch(new RegExp(`\\b${severity}\\b`));
});

it.each([
  ['will_not_fix', 'will not be fixed'],
  ['end_of_life', 'end of life'],
])('says in all outputs what the distribution says about a finding without a fix: %s', (status, words) => {
  for (const output of outputsOf(sampleReport([sampleScan([withoutFix({ status })])]))) {
    expect(output).toContain(words);
  }
});
