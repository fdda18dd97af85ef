import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { withTags } from '../../lib/text/words.ts';
import type { GateOutcome } from '../../model/enums.ts';
import type { ImageVerdict, Verdict } from '../../model/verdict.ts';
import type { PipelineEvent } from '../../pipeline/events.ts';
import { ObjBuild } from '../../pipeline/obj-build.ts';
import type { GateOptions, GateReport } from '../../pipeline/options.ts';
import { describePolicyChanges } from '../../pipeline/policy/policy-changes.ts';
import { verdictMarkdown } from '../../report/markdown/verdict-markdown.ts';
import { wrap } from '../../terminal/wrap.ts';
import { appendSummary, summaryFile } from '../framework/ci/job-summary.ts';
import type { CommandBody } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { EXIT_CODES, ExitCode } from '../framework/exit-codes.ts';
import { isOn, textOf, waitTimeOf } from '../framework/option-values.ts';
import type { Output } from '../framework/output.ts';
import { sessionOptions } from '../harbor/open-harbor.ts';
import { describeScanEvent } from '../harbor/render-scan-progress.ts';
import { digestReference } from './render-findings.ts';
import { renderVerdict } from './render-verdict.ts';

/** `objdocker gate REPO...`: evaluates the package's policy on images that are in Harbor. */
export const run: CommandBody = async (context, repos, given): Promise<ExitCode> => {
  const { output } = context;
  const wait = isOn(given, 'wait');
  const timeoutMs = waitTimeOf(given, { waits: wait || textOf(given, 'rescan') !== undefined });
  const pkg = await context.selectPackage();
  const { signal } = context;
  const summary = summaryFile(context, given);
  const { onRetry } = sessionOptions(context);
  const gate = new ObjBuild(createDocker(context), { environment: context.environment }).gate(pkg, repos, {
    wait,
    rescan: rescanOf(textOf(given, 'rescan')),
    timeoutMs,
    signal,
    onRetry,
  });
  for await (const event of gate) printEvent(event, output);
  const report = await gate.result;
  const { verdict } = report;
  const tagsOf = createTagLookup(report, pkg.image.tags[0] ?? pkg.image.tag);
  const nameOf = (image: ImageVerdict): string => {
    const tags = tagsOf(image);
    return withTags(image.repository, tags);
  };
  const referenceOf = (image: ImageVerdict): string => {
    const [tag] = tagsOf(image);
    return tag === undefined ? digestReference(image) : `${image.repository}:${tag}`;
  };
  const { columns, colors } = output;
  for (const line of renderVerdict(verdict, { columns, colors, nameOf, referenceOf })) output.print(line);
  output.printJson('gate', verdict);
  for (const advice of adviceFor(verdict, referenceOf)) output.info(wrap(advice, output.stderrColumns));
  const changes = describePolicyChanges(verdict);
  if (changes.length > 0) output.info('settings of deployment.scan that would change this verdict:');
  for (const change of changes) output.info(wrap(`  ${sanitizeLine(change)}`, output.stderrColumns));
  const code = gateExitCode(verdict.outcome);
  if (summary === undefined) return code;
  const failure = await appendSummary(summary, verdictMarkdown(verdict, { nameOf, remarks: changes }));
  if (failure === undefined) return code;
  output.error(failure);
  return code === ExitCode.done ? EXIT_CODES[failure.code] : code;
};

function rescanOf(mode: string | undefined): GateOptions['rescan'] {
  return mode === 'too-old' || mode === 'force' ? mode : undefined;
}

function printEvent(event: PipelineEvent, output: Output): void {
  if (event.type === 'warning') output.warn(event.message);
  if (event.type === 'scan') output.info(sanitizeLine(`${event.reference} ${describeScanEvent(event.event)}`));
}

/** Finds the tags of an image, the config's tag first. */
function createTagLookup(
  { scans }: GateReport,
  configTag: string | undefined,
): (image: ImageVerdict) => readonly string[] {
  return ({ repository, digest }) => {
    const tags = scans.find((scan) => scan.repository === repository && scan.digest === digest)?.tags ?? [];
    return configTag !== undefined && tags.includes(configTag)
      ? [configTag, ...tags.filter((tag) => tag !== configTag)]
      : tags;
  };
}

/** An unknown result is never a success. */
function gateExitCode(outcome: GateOutcome): ExitCode {
  switch (outcome) {
    case 'passed':
      return ExitCode.done;
    case 'rejected':
    case 'not-scanned':
      return ExitCode.no;
    case 'scan-failed':
    case 'scanner-down':
    case 'timed-out':
    case 'report-too-old':
      return ExitCode.outside;
  }
}

/** What to do about images that have no scan result, each sentence once. */
function adviceFor({ images }: Verdict, referenceOf: (image: ImageVerdict) => string): Iterable<string> {
  return new Set(images.flatMap((image) => adviceForImage(image, sanitizeLine(referenceOf(image))) ?? []));
}

function adviceForImage({ outcome, platforms }: ImageVerdict, reference: string): string | undefined {
  switch (outcome) {
    case 'passed':
    case 'rejected':
      return undefined;
    case 'not-scanned':
      if (platforms.some(({ state }) => state === 'not-scanned')) {
        return `Start a scan: objdocker harbor-trigger-scan ${reference} --wait`;
      }
      return platforms.some(({ state }) => state === 'running')
        ? `Wait for the scan: objdocker gate ${reference} --wait`
        : undefined;
    case 'scan-failed':
      return `Scan the image again: objdocker harbor-trigger-scan ${reference} --wait`;
    case 'scanner-down':
      return "Check Harbor's components: objdocker registry";
    case 'report-too-old':
      return `Scan it again: objdocker gate ${reference} --rescan`;
    case 'timed-out':
      return `The scan continues in Harbor. Wait longer: objdocker gate ${reference} --wait --timeout 30m`;
  }
}
