import { isObjDockerError, ObjDockerError } from '../../errors.ts';
import type { RestoreOutcome } from './moves.ts';

/** The error for a promotion that failed: what the first failure was, and what the public tags stand for now. */
export function promotionFailure(first: unknown, { restored, foreign, failures }: RestoreOutcome): unknown {
  if (!isObjDockerError(first)) return first;
  const names = (moves: readonly { readonly reference: string }[]) => moves.map(({ reference }) => reference);
  const notRestored = names(failures.map(({ move }) => move));
  const states = [
    ...(restored.length === 0 ? [] : [`${names(restored).join(', ')} put back`]),
    ...(notRestored.length === 0 ? [] : [`${notRestored.join(', ')} could not be put back`]),
    ...(foreign.length === 0 ? [] : [`${names(foreign).join(', ')} moved by somebody else, and left alone`]),
  ];
  const state = states.length === 0 ? 'no public tag was moved' : states.join('; ');
  const hint =
    notRestored.length === 0
      ? first.hint
      : [first.hint, 'Run the pipeline again: it finishes or restores what is left.'].filter(Boolean).join(' ');
  return new ObjDockerError(first.code, `${first.message}: ${state}`, {
    hint,
    details: { ...first.details, restored: names(restored), notRestored },
    cause: first,
  });
}
