import { ObjDockerError } from '../../errors.ts';
import type { CommandBody } from '../framework/command.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { GLOBAL_OPTIONS } from '../framework/options.ts';
import { completionScript, SHELLS } from './completion.ts';

/** `objdocker completion SHELL`: a script to source. */
export const run: CommandBody = async ({ output, commands }, [shell = '']) => {
  const known = SHELLS.find((name) => name === shell);
  if (known === undefined) {
    throw new ObjDockerError('USAGE', `no completion for the shell "${shell}"`, {
      hint: `One of: ${SHELLS.join(', ')}.`,
    });
  }
  const script = completionScript(known, commands, GLOBAL_OPTIONS);
  output.print(script);
  output.printJson('completion', { shell: known, script });
  return ExitCode.done;
};
