import { ObjDockerError } from '../../errors.ts';
import type { CommandBody } from '../framework/command.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { SCRIPTS, SHELLS } from './scripts.ts';

/** `objdocker completion SHELL`: prints the completion script of a shell. */
export const run: CommandBody = async ({ output }, [name = '']) => {
  const shell = SHELLS.find((known) => known === name);
  if (shell === undefined) {
    throw new ObjDockerError('USAGE', `no completion for the shell "${name}"`, {
      hint: `One of: ${SHELLS.join(', ')}.`,
    });
  }
  const script = SCRIPTS[shell];
  output.print(script.trimEnd());
  output.printJson('completion', { shell, script });
  return ExitCode.done;
};
