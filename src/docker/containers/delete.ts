import type { DeleteInstanceOptions, DeleteResult } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../engine.ts';

export async function deleteContainer(
  _engine: Engine,
  _name: string,
  _options: DeleteInstanceOptions,
): Promise<DeleteResult> {
  throw new Error('not built yet');
}
