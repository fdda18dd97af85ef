import { systemEnvironment } from '../../src/lib/environment.ts';
import { ObjDocker } from '../../src/obj-docker/obj-docker.ts';
import { isLongTest } from '../random.ts';
import { copyBusybox } from './containers.ts';
import { startEngine } from './sandbox.ts';

/** The newest and the oldest engine that we support, for `describe.each`. */
export const BOTH_ENGINES = [
  { engine: 'Engine 26', flavour: undefined },
  { engine: 'Engine 20.10', flavour: 'bookworm' },
] as const;

/** For what the contract of ObjSubstrate covers on both engines: the oldest one in long tests only. */
export const NEWEST_ENGINE_FIRST = isLongTest ? BOTH_ENGINES : BOTH_ENGINES.slice(0, 1);

export interface ConnectedEngine extends AsyncDisposable {
  readonly docker: ObjDocker;
  /** The variables that point a process at it. */
  readonly env: Record<string, string | undefined>;
}

/** The sandbox's engine, or one of the test's own with BusyBox in it. */
export async function connectFlavour(flavour: string | undefined): Promise<ConnectedEngine> {
  if (flavour === undefined) {
    const docker = new ObjDocker();
    return { docker, env: {}, [Symbol.asyncDispose]: async () => docker.close() };
  }
  const engine = await startEngine('--flavour', flavour);
  await copyBusybox(engine.env);
  const docker = dockerAt(engine.env);
  return {
    docker,
    env: engine.env,
    async [Symbol.asyncDispose]() {
      docker.close();
      await engine[Symbol.asyncDispose]();
    },
  };
}

/** An ObjDocker in an environment that differs from the test's own. */
export function dockerAt(env: Record<string, string | undefined>): ObjDocker {
  const machine = systemEnvironment();
  return new ObjDocker({ environment: { ...machine, cwd: machine.cwd, env: { ...process.env, ...env } } });
}
