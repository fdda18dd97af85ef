import type { CallOptions, StartResult } from '../../substrate/obj-substrate.ts';
import type { Engine } from '../connection/engine.ts';
import { findContainer } from './find.ts';
import { requestStart, watchStart } from './start.ts';
import { engineSeconds } from './stop.ts';

export interface RestartOptions extends CallOptions {
  /** How long to wait for the process to exit before it is killed, in seconds. @default the setting of the container, else 10 */
  readonly timeoutSeconds?: number | undefined;
}

/**
 * Stops a container and starts it again, in one request: a container that is deleted at its exit (--rm) stays. One that does not
 * run is started.
 *
 * @throws {ObjDockerError} INSTANCE_START_FAILED.
 */
export async function restartContainer(engine: Engine, name: string, options: RestartOptions): Promise<StartResult> {
  const found = await findContainer(engine, name, options);
  const seconds = engineSeconds(options.timeoutSeconds);
  await requestStart(engine, found, seconds === undefined ? '/restart' : `/restart?t=${seconds}`, options);
  return { id: found.id, name: found.name, changed: true, state: await watchStart(engine, found, options) };
}
