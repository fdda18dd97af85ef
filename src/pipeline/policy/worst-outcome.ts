import { GATE_OUTCOMES, type GateOutcome } from '../../model/verdict.ts';

/** The worst of some outcomes; `not-scanned` when there are none, for then nothing is known. */
export function worstOutcome(outcomes: readonly GateOutcome[]): GateOutcome {
  return GATE_OUTCOMES.find((outcome) => outcomes.includes(outcome)) ?? 'not-scanned';
}
