import { changeInstances } from '../change-instances.ts';
import type { CommandBody } from '../command.ts';
import { isOn } from '../option-values.ts';

/** `objdocker delete NAME...` */
export const run: CommandBody = (context, names, given) => {
  const options = { force: isOn(given, 'force'), volumes: isOn(given, 'volumes') };
  return changeInstances(context, names, {
    doing: 'deleting',
    apply: (docker, name, signal) => docker.deleteInstance(name, { ...options, signal }),
    describe: () => 'deleted',
    document: (done) => context.output.document('delete', done),
  });
};
