import type { EngineEndpoint } from '../docker/connection/endpoint.ts';
import type { Engine } from '../docker/connection/engine.ts';
import type { Environment } from '../lib/environment.ts';

/** The environment and the engine that ObjDocker works with. */
export interface DockerAccess {
  readonly environment: Environment;
  /** Returns the endpoint of the engine. Needs no network. */
  readonly endpoint: () => Promise<EngineEndpoint>;
  /** Returns the shared connection to the engine. */
  readonly connect: (options: { readonly signal?: AbortSignal | undefined }) => Promise<Engine>;
}
