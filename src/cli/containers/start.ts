import type { CommandBody } from '../framework/command.ts';
import { changeInstances } from './change-instances.ts';

/** `objdocker start NAME...`: starts containers. */
export const run: CommandBody = (context, names) =>
  changeInstances(context, names, {
    doing: 'starting',
    apply: (docker, name, signal) => docker.startInstance(name, { signal }),
    describe: ({ changed, state }) => {
      if (!changed) return 'already running';
      return state === 'exited' ? 'started, and already exited with code 0' : 'started';
    },
    printJson: (done) => context.output.printJson('start', done),
  });
