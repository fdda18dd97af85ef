import type { CommandBody } from '../framework/command.ts';
import { changeInstances } from './change-instances.ts';

/** `objdocker start NAME...` */
export const run: CommandBody = (context, names) =>
  changeInstances(context, names, {
    doing: 'starting',
    apply: (docker, name, signal) => docker.startInstance(name, { signal }),
    describe: ({ changed, state }) => {
      if (!changed) return 'runs already';
      return state === 'exited' ? 'started; it has run, and ended with 0' : 'started';
    },
    document: (done) => context.output.printJson('start', done),
  });
