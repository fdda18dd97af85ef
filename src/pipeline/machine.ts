import type { Host } from '../lib/host.ts';
import type { ObjDocker } from '../substrate/obj-docker.ts';

/** What the pipeline works with: the substrate, and what the machine offers. */
export interface PipelineMachine {
  readonly docker: ObjDocker;
  readonly host: Host;
}
