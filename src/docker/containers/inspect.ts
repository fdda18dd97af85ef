import type { InstanceDetail } from '../../instance.ts';
import type { CallOptions } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../engine.ts';

/** A container in detail. */
export async function inspectContainer(_engine: Engine, _name: string, _options: CallOptions): Promise<InstanceDetail> {
  throw new Error('not built yet');
}
