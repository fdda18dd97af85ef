import type { Host } from '../../lib/host.ts';
import type { ExecuteOptions, Execution } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../engine.ts';

export interface ExecuteAccess {
  readonly host: Pick<Host, 'env'>;
  readonly connect: (options: { readonly signal?: AbortSignal | undefined }) => Promise<Engine>;
}

/** Runs a command in a container. */
export function executeInContainer(
  _name: string,
  _command: readonly string[],
  _options: ExecuteOptions,
  _access: ExecuteAccess,
): Execution {
  throw new Error('not built yet');
}
