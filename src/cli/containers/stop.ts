import type { StopResult } from '../../substrate/obj-substrate.ts';
import type { CommandBody } from '../framework/command.ts';
import { isOn, wholeNumberOf } from '../framework/option-values.ts';
import { changeInstances } from './change-instances.ts';

/** `objdocker stop NAME...`: stops containers. */
export const run: CommandBody = (context, names, given) => {
  const force = isOn(given, 'force');
  const timeoutSeconds = wholeNumberOf(given, 'timeout', 'a number of seconds');
  return changeInstances(context, names, {
    doing: 'stopping',
    apply: (docker, name, signal) => docker.stopInstance(name, { force, timeoutSeconds, signal }),
    describe: (result) => describe(result, { force, timeoutSeconds }),
    printJson: (done) => context.output.printJson('stop', done),
  });
};

function describe(
  { changed, killed, exitCode }: StopResult,
  { force, timeoutSeconds }: { force: boolean; timeoutSeconds: number | undefined },
): string {
  if (!changed) return 'not running';
  if (killed && force) return 'killed';
  if (killed)
    return `killed, because it did not stop ${timeoutSeconds === undefined ? 'in time' : `within ${timeoutSeconds} s`}`;
  return exitCode === undefined || exitCode === 0 ? 'stopped' : `stopped, with exit code ${exitCode}`;
}
