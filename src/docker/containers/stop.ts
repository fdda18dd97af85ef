import type { StopInstanceOptions, StopResult } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../engine.ts';

export async function stopContainer(
  _engine: Engine,
  _name: string,
  _options: StopInstanceOptions,
): Promise<StopResult> {
  throw new Error('not built yet');
}
