import { throwIfCancelled } from '../../lib/operation.ts';
import type { PipelineOutcome, Promotion } from '../../model/pipeline-run.ts';
import type { JudgedSubject } from '../policy/image.ts';
import { type Candidate, type PromoteResult, promote } from '../promotion/promote.ts';
import type { ReadyContext } from '../run/context.ts';
import type { StageResult } from '../run/record.ts';
import { waitForRescans } from '../run/rescan.ts';
import type { Scanning } from '../run/scanning.ts';
import { passVerdict } from './gate.ts';

export interface PromoteStage extends StageResult {
  /** Undefined when the public tags stand for the images. */
  readonly outcome?: PipelineOutcome;
}

export interface PromoteOrder {
  readonly digests: ReadonlyMap<string, string>;
  readonly previous: ReadonlyMap<string, string>;
  /** What was judged; undefined when nothing was scanned, as it was asked for. */
  readonly subjects: readonly JudgedSubject[] | undefined;
  readonly scanning: Scanning | undefined;
}

/** Gives the images their public tag, all or none. From the first tag on it goes to its end, whatever the signal says. */
export async function promoteImages(context: ReadyContext, order: PromoteOrder): Promise<PromoteStage> {
  const { record, registry, signal } = context;
  throwIfCancelled(signal);
  const candidates = candidatesOf(context, order);
  const moving = candidates.filter(({ digest, previous }) => previous !== undefined && previous !== digest);
  const hidden = order.scanning?.byItself === true && order.scanning.preventsPulls && moving.length > 0;
  if (hidden) {
    record.warn(
      'the project scans what is pushed and prevents pulls of what is not scanned: a tag that moves cannot be pulled until Harbor has scanned its image once more',
    );
  }
  const result = await promote(registry.store, candidates, {
    run: record.run,
    onPromotion({ reference, digest }, promotion) {
      record.learn(reference, { promotion });
      void record.emit({ type: 'promotion', reference, digest, promotion });
    },
    onWarning: (message) => record.warn(message),
    signal,
  });
  if (result.kind !== 'promoted') return refused(context, order, result);
  record.note({ promoted: true });
  if (hidden) await waitForRescans(context, moving, order.subjects ?? []);
  return { detail: detailOf(candidates.map(({ reference }) => result.promotions.get(reference) ?? 'none')) };
}

function candidatesOf({ images, tag }: ReadyContext, { digests, previous }: PromoteOrder): Candidate[] {
  return images.map(({ reference, repository }) => {
    const digest = digests.get(reference);
    if (digest === undefined) throw new Error(`${reference} was not pushed`);
    return { repository, reference, tag, digest, previous: previous.get(reference) };
  });
}

function refused(
  context: ReadyContext,
  { subjects }: PromoteOrder,
  result: Exclude<PromoteResult, { readonly kind: 'promoted' }>,
): PromoteStage {
  const { record } = context;
  if (result.kind === 'conflict') {
    record.note({ conflicts: result.conflicts });
    const names = result.conflicts.map(({ reference }) => reference).join(', ');
    const when = result.late ? 'right after this run had' : 'meanwhile; nothing was promoted';
    return { outcome: 'conflict', failed: true, detail: `somebody else moved ${names} ${when}` };
  }
  const reasons = new Map(result.refusals.map(({ candidate, reason }) => [candidate.repository, reason]));
  // The policy let them pass, the registry's own does not: what the verdict says has to be true of that, too.
  if (subjects !== undefined)
    passVerdict(
      context,
      subjects.map((subject) => withRefusal(subject, reasons)),
    );
  for (const { candidate, reason } of result.refusals) record.warn(`${candidate.reference} was refused: ${reason}`);
  const detail = result.refusals.map(({ candidate, reason }) => `${candidate.reference}: ${reason}`).join('; ');
  return { outcome: 'rejected', failed: true, detail };
}

function withRefusal(subject: JudgedSubject, reasons: ReadonlyMap<string, string>): JudgedSubject {
  if ('outcome' in subject) return subject;
  const refusal = reasons.get(subject.report.repository);
  return refusal === undefined ? subject : { ...subject, refusal };
}

function detailOf(promotions: readonly Promotion[]): string {
  const kinds = [...new Set(promotions)];
  return kinds.map((kind) => `${promotions.filter((each) => each === kind).length} ${kind}`).join(', ');
}
