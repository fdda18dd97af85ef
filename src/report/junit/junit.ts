import { count } from '../../lib/text/words.ts';
import { GATE_LABELS, SCAN_STATE_LABELS, unfixedLabel } from '../../model/labels.ts';
import type { PipelineReport, PipelineRun, StageRecord } from '../../model/pipeline-run.ts';
import type { AllowedFinding, EvaluatedFinding, PlatformVerdict } from '../../model/verdict.ts';
import { isDecided, type RunImage, runImages } from '../run-images.ts';
import { headline, objection, tagsSentence } from '../run-outcome.ts';
import { hasResult } from '../scanned-image.ts';
import { element, type XmlElement, xmlPieces } from './xml.ts';

/** The maximum number of listed findings per platform. CI servers show them as text. */
const LISTED = 100;

/**
 * A run as JUnit XML, in pieces: a suite of its stages, and one for each service with a case for each platform. A
 * rejection is a failure, an image without a scan result is an error, and what did not run is skipped.
 */
export function* runJunit(report: PipelineReport): Generator<string> {
  const { run } = report;
  const suites = [stageSuite(run), ...runImages(report).map((image) => imageSuite(run, image))];
  // The schemas of the format have no `skipped` here.
  const { skipped: _, ...totals } = sum(suites);
  yield* xmlPieces(
    element(
      'testsuites',
      { name: `objdocker pipeline ${run.package}:${run.tags[0]}`, ...totals, time: seconds(run.durationMs) },
      suites.map(({ xml }) => xml),
    ),
  );
}

interface Totals {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
}

interface Case {
  readonly name: string;
  readonly kind: 'passed' | 'failure' | 'error' | 'skipped';
  readonly durationMs?: number;
  /** One line. */
  readonly message?: string;
  readonly text?: string;
  /** Output of a case that passed, or in addition to a failure. */
  readonly output?: string;
}

interface Suite extends Totals {
  readonly xml: XmlElement;
}

function suite(name: string, run: PipelineRun, cases: readonly Case[], properties: readonly XmlElement[] = []): Suite {
  const of = (kind: Case['kind']) => cases.filter((one) => one.kind === kind).length;
  const totals = { tests: cases.length, failures: of('failure'), errors: of('error'), skipped: of('skipped') };
  const time = seconds(cases.reduce((all, { durationMs = 0 }) => all + durationMs, 0));
  // Readers of the format accept no time zone.
  const timestamp = run.started.replace(/(?:\.\d+)?Z$/, '');
  const xml = element('testsuite', { name, ...totals, time, timestamp }, [
    properties.length === 0 ? undefined : element('properties', {}, properties),
    ...cases.map((one) => testCase(`${run.package}.${name}`, one)),
  ]);
  return { ...totals, xml };
}

function testCase(classname: string, { name, kind, durationMs = 0, message, text, output }: Case): XmlElement {
  return element('testcase', { classname, name, time: seconds(durationMs) }, [
    kind === 'passed'
      ? undefined
      : element(kind, { message, type: kind === 'skipped' ? undefined : kind }, text === undefined ? [] : [text]),
    output === undefined ? undefined : element('system-out', {}, [output]),
  ]);
}

function stageSuite(run: PipelineRun): Suite {
  const properties = propertiesOf({
    run: run.run,
    outcome: run.outcome,
    tags: run.tags.join(' '),
    promoted: run.promoted,
    release: run.release?.number,
  });
  return suite(
    'stages',
    run,
    run.stages.map((stage) => stageCase(run, stage)),
    properties,
  );
}

function propertiesOf(values: Readonly<Record<string, string | number | boolean | undefined>>): XmlElement[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [element('property', { name, value: String(value) })],
  );
}

// A rejection is a failure. A run without a decision is an error.
function stageCase(run: PipelineRun, { name, status, detail, durationMs }: StageRecord): Case {
  const base = { name, ...(durationMs === undefined ? {} : { durationMs }) };
  if (status === 'done') return { ...base, kind: 'passed', ...(detail === undefined ? {} : { output: detail }) };
  if (status === 'skipped') return { ...base, kind: 'skipped', ...(detail === undefined ? {} : { message: detail }) };
  const isNo = run.outcome === 'rejected' || run.outcome === 'conflict';
  const { error } = run;
  return {
    ...base,
    kind: isNo ? 'failure' : 'error',
    message: detail ?? error?.message ?? headline(run),
    text: [
      headline(run),
      error === undefined ? undefined : `${error.code}: ${error.message}`,
      error?.hint,
      ...run.conflicts.map(({ reference }) => `moved by somebody else: ${reference}`),
      tagsSentence(run),
    ]
      .filter((line) => line !== undefined)
      .join('\n'),
  };
}

function imageSuite(run: PipelineRun, image: RunImage): Suite {
  const { verdict, name } = image;
  const { action, reasons, release, revision, built, digest } = image.image;
  const properties = propertiesOf({ action, reasons: reasons?.join('; '), release, revision, built, digest });
  if (verdict === undefined || verdict.platforms.length === 0) {
    const { platforms } = image.image;
    return suite(
      name,
      run,
      (platforms.length === 0 ? ['image'] : platforms).map((platform) => withoutPlatform(run, image, platform)),
      properties,
    );
  }
  return suite(
    name,
    run,
    verdict.platforms.map((platform) => platformCase(image, platform)),
    properties,
  );
}

// Without a gate, the stage failed, not the image. An image whose platforms the gate could not read is an error.
function withoutPlatform(run: PipelineRun, { verdict }: RunImage, platform: string): Case {
  if (verdict === undefined)
    return { name: platform, kind: 'skipped', message: run.scanned ? 'the run ended before the gate' : 'not scanned' };
  if (verdict.outcome === 'passed') return { name: platform, kind: 'passed' };
  return {
    name: platform,
    kind: verdict.outcome === 'rejected' ? 'failure' : 'error',
    message: `${GATE_LABELS[verdict.outcome]}: ${objection(verdict)}`,
  };
}

function platformCase({ verdict, image }: RunImage, { platform, state }: PlatformVerdict): Case {
  const here = <Finding extends EvaluatedFinding>(findings: readonly Finding[] = []) =>
    findings.filter(({ platforms }) => platforms.includes(platform));
  const rejecting = here(verdict?.rejecting);
  const allowed = here(verdict?.allowed);
  const output = allowed.length === 0 ? {} : { output: `allowed:\n${bounded(allowed.map(allowedLine))}` };
  const refused = verdict?.outcome === 'rejected' && verdict.rejecting.length === 0;
  if (!isResult(state)) {
    const word = state === 'timed-out' ? GATE_LABELS['timed-out'] : SCAN_STATE_LABELS[state];
    const message = verdict?.reason === undefined ? word : `${word}: ${verdict.reason}`;
    return { name: platform, kind: 'error', message, text: `Nothing is known about ${image.reference}.`, ...output };
  }
  if (rejecting.length > 0) {
    const message = `rejected: ${count(rejecting.length, 'finding')} that the policy rejects`;
    return { name: platform, kind: 'failure', message, text: bounded(rejecting.map(findingLine)), ...output };
  }
  if (refused) return { name: platform, kind: 'failure', message: `rejected: ${verdict.reason ?? ''}`, ...output };
  if (verdict === undefined || isDecided(verdict)) return { name: platform, kind: 'passed', ...output };
  // A platform cannot pass while its image is undecided: another platform has no result, or a report is incomplete.
  const kind = verdict.platforms.every((one) => isResult(one.state)) ? 'error' : 'skipped';
  return { name: platform, kind, message: `not evaluated: ${objection(verdict)}`, ...output };
}

function isResult(state: PlatformVerdict['state']): boolean {
  return state !== 'timed-out' && hasResult({ state });
}

function findingLine({ severity, id, package: name, version, fixVersion, status }: EvaluatedFinding): string {
  const fix = fixVersion === undefined ? (unfixedLabel(status) ?? 'no fix yet') : `fixed in ${fixVersion}`;
  return `${severity} ${id} in ${name} ${version}: ${fix}`;
}

function allowedLine(finding: AllowedFinding): string {
  const until = finding.until === undefined ? '' : ` (until ${finding.until})`;
  return `${findingLine(finding)}; ${finding.reason}${until}`;
}

function bounded(lines: readonly string[]): string {
  const more = lines.length - LISTED;
  return [...lines.slice(0, LISTED), ...(more > 0 ? [`and ${count(more, 'other')}`] : [])].join('\n');
}

function sum(suites: readonly Totals[]): Totals {
  const of = (key: keyof Totals) => suites.reduce((all, one) => all + one[key], 0);
  return { tests: of('tests'), failures: of('failures'), errors: of('errors'), skipped: of('skipped') };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
