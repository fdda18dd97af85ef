import type { CommandBody } from '../framework/command.ts';
import { isOn } from '../framework/option-values.ts';
import { changeInstances } from './change-instances.ts';

/** `objdocker delete NAME...`: deletes containers. */
export const run: CommandBody = (context, names, given) => {
  const options = { force: isOn(given, 'force'), volumes: isOn(given, 'volumes') };
  return changeInstances(context, names, {
    doing: 'deleting',
    apply: (docker, name, signal) => docker.deleteInstance(name, { ...options, signal }),
    describe: () => 'deleted',
    printJson: (done) => context.output.printJson('delete', done),
  });
};
