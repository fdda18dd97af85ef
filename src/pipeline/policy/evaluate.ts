import type { ScanPolicy } from '../../config/package.ts';
import type { Verdict } from '../../model/verdict.ts';
import { readAllowances } from './allowances.ts';
import { evaluateImage } from './evaluate-image.ts';
import type { GateImage } from './image.ts';
import { worstOutcome } from './worst-outcome.ts';

/**
 * What a policy says of images: whether all of them may be released.
 *
 * Only an image of which every platform was scanned can pass; without any image, nothing does. The order of findings is of no
 * account.
 *
 * @param now its day, in UTC, decides which entries of the allow-list are over
 */
export function evaluatePolicy(
  policy: Omit<ScanPolicy, 'timeoutMs'>,
  subjects: readonly GateImage[],
  now: Date,
): Verdict {
  const day = now.toISOString().slice(0, 10);
  const allowances = readAllowances(policy.allow, day);
  const { failOn, ignoreUnfixed, unknown } = policy;
  const applied = { failOn, ignoreUnfixed, unknown };
  const images = subjects.map((subject) => evaluateImage(subject, { policy: applied, allowances }));
  return {
    outcome: worstOutcome(images.map(({ outcome }) => outcome)),
    policy: applied,
    day,
    images,
    expired: allowances.expired(),
    // What was not scanned may have what an entry is there for.
    unused: images.every(({ outcome }) => outcome === 'passed' || outcome === 'rejected') ? allowances.unused() : [],
  };
}
