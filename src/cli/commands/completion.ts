import { ObjDockerError } from '../../errors.ts';
import type { CommandBody } from '../command.ts';
import { COMMANDS, GLOBAL_OPTIONS } from '../commands.ts';
import { completionScript, SHELLS } from '../completion.ts';
import { ExitCode } from '../exit-codes.ts';

/** `objdocker completion SHELL`: a script to source. */
export const run: CommandBody = async ({ output }, [shell = '']) => {
  const known = SHELLS.find((name) => name === shell);
  if (known === undefined) {
    throw new ObjDockerError('USAGE', `no completion for the shell "${shell}"`, {
      hint: `One of: ${SHELLS.join(', ')}.`,
    });
  }
  const script = completionScript(known, COMMANDS, GLOBAL_OPTIONS);
  output.print(script);
  output.document({ shell: known, script });
  return ExitCode.done;
};
