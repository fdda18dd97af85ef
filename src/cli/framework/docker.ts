import { ObjDocker } from '../../obj-docker/obj-docker.ts';
import type { CommandContext } from './command.ts';

/** The engine that the command line names: `--context`, `--host`, else as the docker client decides. */
export function createDocker({ environment, globals }: CommandContext): ObjDocker {
  return new ObjDocker({ environment, engine: { context: globals.context, address: globals.host } });
}
