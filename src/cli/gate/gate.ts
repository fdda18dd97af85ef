import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { ImageVerdict } from '../../model/verdict.ts';
import type { PipelineEvent } from '../../pipeline/events.ts';
import { type GateReport, ObjBuild } from '../../pipeline/obj-build.ts';
import type { CommandBody } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { waitTimeOf } from '../framework/duration.ts';
import type { ExitCode } from '../framework/exit-codes.ts';
import { isOn } from '../framework/option-values.ts';
import type { Output } from '../framework/output.ts';
import { harborOptions } from '../harbor/harbor.ts';
import { describeScanEvent } from '../harbor/render-scan-progress.ts';
import { adviseOnVerdict, gateExitCode } from './gate-verdict.ts';
import { renderVerdict } from './render-verdict.ts';
import { digestReference } from './render-verdict-findings.ts';

/** `objdocker gate REPO…`: what the package's policy says of images that Harbor has already. */
export const run: CommandBody = async (context, repos, given): Promise<ExitCode> => {
  const { output } = context;
  const wait = isOn(given, 'wait');
  const timeoutMs = waitTimeOf(given, { waits: wait });
  const pkg = await context.selectPackage();
  const { signal, onRetry } = harborOptions(context);
  const gate = new ObjBuild(createDocker(context), { environment: context.environment }).gate(pkg, repos, {
    wait,
    timeoutMs,
    signal,
    onRetry,
  });
  for await (const event of gate) tell(event, output);
  const report = await gate.result;
  const { verdict } = report;
  const tagsOf = tagReader(report, pkg.image.tag);
  const nameOf = (image: ImageVerdict): string => {
    const tags = tagsOf(image);
    return tags.length === 0 ? image.repository : `${image.repository}:${tags.join(', :')}`;
  };
  const referenceOf = (image: ImageVerdict): string => {
    const [tag] = tagsOf(image);
    return tag === undefined ? digestReference(image) : `${image.repository}:${tag}`;
  };
  const { columns, colors } = output;
  for (const line of renderVerdict(verdict, { columns, colors, nameOf, referenceOf })) output.print(line);
  output.printJson('gate', verdict);
  adviseOnVerdict(verdict, output, referenceOf);
  return gateExitCode(verdict.outcome);
};

function tell(event: PipelineEvent, output: Output): void {
  if (event.type === 'warning') output.warn(event.message);
  if (event.type === 'scan') output.info(sanitizeLine(`${event.reference} ${describeScanEvent(event.event)}`));
}

/** The tags of an image, as far as they are known, the one that everybody means first. */
function tagReader({ scans }: GateReport, usual: string): (image: ImageVerdict) => readonly string[] {
  return ({ repository, digest }) => {
    const tags = scans.find((scan) => scan.repository === repository && scan.digest === digest)?.tags ?? [];
    return tags.includes(usual) ? [usual, ...tags.filter((tag) => tag !== usual)] : tags;
  };
}
