import type { PipelineEvent } from '../../pipeline/events.ts';
import { type GateReport, ObjBuild } from '../../pipeline/obj-build.ts';
import type { ImageVerdict } from '../../verdict.ts';
import type { CommandBody } from '../command.ts';
import { createDocker } from '../docker.ts';
import { waitTimeOf } from '../duration.ts';
import type { ExitCode } from '../exit-codes.ts';
import { adviseOnVerdict, gateExitCode } from '../gate-verdict.ts';
import { harborOptions } from '../harbor.ts';
import { isOn } from '../option-values.ts';
import type { Output } from '../output.ts';
import { describeScanEvent } from '../render/scan-progress.ts';
import { visibleLine } from '../render/text.ts';
import { renderVerdict } from '../render/verdict.ts';

/** `objdocker gate REPO…`: what the package's policy says of images that Harbor has already. */
export const run: CommandBody = async (context, repos, given): Promise<ExitCode> => {
  const { output } = context;
  const wait = isOn(given, 'wait');
  const timeoutMs = waitTimeOf(given, { waits: wait });
  const pkg = await context.selectPackage();
  const { signal, onRetry } = harborOptions(context);
  const gate = new ObjBuild(createDocker(context), { host: context.host }).gate(pkg, repos, {
    wait,
    timeoutMs,
    signal,
    onRetry,
  });
  for await (const event of gate) tell(event, output);
  const report = await gate.result;
  const { verdict } = report;
  const { columns, colors } = output;
  for (const line of renderVerdict(verdict, { columns, colors, nameOf: (image) => nameOf(image, report) })) {
    output.print(line);
  }
  output.document('gate', verdict);
  adviseOnVerdict(verdict, output);
  return gateExitCode(verdict.outcome);
};

function tell(event: PipelineEvent, output: Output): void {
  if (event.type === 'warning') output.warn(event.message);
  if (event.type === 'scan') output.note(visibleLine(`${event.reference} ${describeScanEvent(event.event)}`));
}

/** With its tags: a repository may have several images here. */
function nameOf({ repository, digest }: ImageVerdict, { scans }: GateReport): string {
  const tags = scans.find((scan) => scan.repository === repository && scan.digest === digest)?.tags ?? [];
  return tags.length === 0 ? repository : `${repository}:${tags.join(', :')}`;
}
