import type { CommandBody } from '../framework/command.ts';
import { wholeNumberOf } from '../framework/option-values.ts';
import { changeInstances } from './change-instances.ts';

/** `objdocker restart NAME...`: stops containers and starts them again. */
export const run: CommandBody = (context, names, given) => {
  const timeoutSeconds = wholeNumberOf(given, 'timeout', 'a number of seconds');
  return changeInstances(context, names, {
    doing: 'restarting',
    apply: (docker, name, signal) => docker.restartInstance(name, { timeoutSeconds, signal }),
    describe: ({ state }) => (state === 'exited' ? 'restarted, and already exited with code 0' : 'restarted'),
    printJson: (done) => context.output.printJson('restart', done),
  });
};
