import type { EngineEndpoint } from '../docker/connection/endpoint.ts';
import type { Engine } from '../docker/connection/engine.ts';
import type { Environment } from '../lib/environment.ts';

/** The machine that ObjDocker works on: what it offers, and its engine. */
export interface DockerAccess {
  readonly environment: Environment;
  /** Which engine; needs no network. */
  readonly endpoint: () => Promise<EngineEndpoint>;
  /** The one connection to it. */
  readonly connect: (options: { readonly signal?: AbortSignal | undefined }) => Promise<Engine>;
}
