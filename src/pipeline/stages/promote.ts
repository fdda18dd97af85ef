import { isObjDockerError } from '../../errors.ts';
import { throwIfCancelled } from '../../lib/operation.ts';
import type { PipelineOutcome } from '../../model/enums.ts';
import type { Promotion } from '../../model/pipeline-run.ts';
import type { GateImage } from '../policy/image.ts';
import { type Candidate, type PromoteResult, promote } from '../promotion/promote.ts';
import type { ScanSettings } from '../run/auto-scan.ts';
import type { ReadyContext } from '../run/context.ts';
import { repositoryOf } from '../run/open-registry.ts';
import type { StageResult } from '../run/run-record.ts';
import { evaluateImages } from './gate.ts';

export interface PromoteStage extends StageResult {
  /** Undefined when the public tags point to the images. */
  readonly outcome?: PipelineOutcome;
}

export interface PromoteInput {
  /** The images, by public reference. */
  readonly digests: ReadonlyMap<string, string>;
  /** What the public tags pointed to when the run started, by public reference. */
  readonly previous: ReadonlyMap<string, string>;
  /** The images that the gate has evaluated; undefined for a run without scans. */
  readonly scanned: readonly GateImage[] | undefined;
  readonly scanSettings: ScanSettings | undefined;
}

/** Moves the public tags, all or none. Once it has moved a tag, the signal does not stop it. */
export async function promoteImages(context: ReadyContext, input: PromoteInput): Promise<PromoteStage> {
  const { record, registry, signal } = context;
  throwIfCancelled(signal);
  const candidates = candidatesOf(context, input);
  const moving = candidates.filter(({ digest, previous }) => previous !== undefined && previous !== digest);
  // Moving a tag starts another scan, and until it ends Harbor refuses pulls of the image.
  const needsRescan = input.scanSettings?.scansOnPush === true && input.scanSettings.preventsPulls && moving.length > 0;
  if (needsRescan) {
    record.warn(
      'the project scans pushed images and prevents pulls of unscanned ones: an image whose tag moves cannot be pulled until Harbor has scanned it again',
    );
  }
  const result = await promote(registry.store, candidates, {
    run: record.run,
    onPromotion({ reference, digest }, promotion) {
      record.updateImage(reference, { promotion });
      void record.emit({ type: 'promotion', reference, digest, promotion });
    },
    onWarning: (message) => record.warn(message),
    signal,
  });
  if (result.kind !== 'promoted') return notPromoted(context, input, result);
  record.update({ promoted: true });
  if (needsRescan) await waitForRescans(context, moving, input.scanned ?? []);
  return { detail: detailOf(candidates.map(({ reference }) => result.promotions.get(reference) ?? 'none')) };
}

function candidatesOf({ images, tag }: ReadyContext, { digests, previous }: PromoteInput): Candidate[] {
  return images.map(({ reference, repository }) => {
    const digest = digests.get(reference);
    if (digest === undefined) throw new Error(`${reference} was not pushed`);
    return { repository, reference, tag, digest, previous: previous.get(reference) };
  });
}

function notPromoted(
  context: ReadyContext,
  { scanned }: PromoteInput,
  result: Exclude<PromoteResult, { readonly kind: 'promoted' }>,
): PromoteStage {
  const { record } = context;
  if (result.kind === 'conflict') {
    record.update({ conflicts: result.conflicts });
    const names = result.conflicts.map(({ reference }) => reference).join(', ');
    const when = result.late ? 'right after this run had' : 'during this run; nothing was promoted';
    return { outcome: 'conflict', failed: true, detail: `somebody else moved ${names} ${when}` };
  }
  const reasons = new Map(result.refusals.map(({ candidate, reason }) => [candidate.repository, reason]));
  // The package's policy let the images pass and the registry's own did not: the verdict has to say so.
  if (scanned !== undefined)
    evaluateImages(
      context,
      scanned.map((image) => withRefusal(image, reasons)),
    );
  for (const { candidate, reason } of result.refusals) record.warn(`${candidate.reference} was refused: ${reason}`);
  const detail = result.refusals.map(({ candidate, reason }) => `${candidate.reference}: ${reason}`).join('; ');
  return { outcome: 'rejected', failed: true, detail };
}

function withRefusal(image: GateImage, reasons: ReadonlyMap<string, string>): GateImage {
  if ('outcome' in image) return image;
  const refusal = reasons.get(image.report.repository);
  return refusal === undefined ? image : { ...image, refusal };
}

function detailOf(promotions: readonly Promotion[]): string {
  const kinds = [...new Set(promotions)];
  return kinds.map((kind) => `${promotions.filter((each) => each === kind).length} ${kind}`).join(', ');
}

/** Waits until the moved images can be pulled again. They are promoted already, so a failure is a warning. */
async function waitForRescans(
  context: ReadyContext,
  moved: readonly Candidate[],
  scanned: readonly GateImage[],
): Promise<void> {
  const scans = scanned.flatMap(({ report }) => report?.images ?? []);
  const oldReports = new Set(scans.flatMap(({ reportId }) => reportId ?? []));
  await Promise.all(moved.map((candidate) => waitForRescan(context, candidate, oldReports)));
}

async function waitForRescan(
  { registry, options, policy, record, signal }: ReadyContext,
  { repository, reference, digest }: Candidate,
  oldReports: ReadonlySet<string>,
): Promise<void> {
  if (registry.project === undefined) return;
  const timeoutMs = options.timeoutMs ?? policy.timeoutMs;
  try {
    const scan = repositoryOf(registry.project, repository).scan(digest, {
      timeoutMs,
      trigger: 'if-none',
      oldReports,
      signal,
    });
    for await (const event of scan) await record.emit({ type: 'scan', reference, event });
    const { state } = await scan.result;
    if (state === 'clean' || state === 'findings') return;
    record.warn(`${reference} cannot be pulled: the scan that followed the move of its tag had no result (${state})`);
  } catch (error) {
    if (!isObjDockerError(error)) throw error;
    record.warn(
      `${reference} may not be pullable until Harbor has scanned it again; the wait for that scan ended early: ${error.message}`,
    );
  }
}
