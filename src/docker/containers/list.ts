import type { Instance } from '../../instance.ts';
import type { ListInstancesOptions } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../engine.ts';

/** The engine's containers that pass all filters, newest first, by one request. */
export async function listContainers(_engine: Engine, _options: ListInstancesOptions): Promise<readonly Instance[]> {
  throw new Error('not built yet');
}
