import type { Environment } from '../lib/environment.ts';
import type { ObjDocker } from '../obj-docker/obj-docker.ts';

/** What the pipeline works with: the substrate, and what the machine offers. */
export interface PipelineMachine {
  readonly docker: ObjDocker;
  readonly environment: Environment;
}
