import type { CallOptions, StartResult } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../engine.ts';

export async function startContainer(_engine: Engine, _name: string, _options: CallOptions): Promise<StartResult> {
  throw new Error('not built yet');
}
