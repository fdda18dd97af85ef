import { verdict } from '../../model/verdict.ts';

export const GATE_JSON_OUTPUTS = { gate: verdict } as const;
