import { stringify } from 'yaml';
import { showPackage } from '../../config/show.ts';
import type { CommandBody } from '../framework/command.ts';
import { ExitCode } from '../framework/exit-codes.ts';

/** `objdocker config show [PACKAGE]`: the package as ObjDocker understood it. */
export const run: CommandBody = async ({ output, selectPackage }, [name]) => {
  const shown = showPackage(await selectPackage(name));
  output.print(stringify(shown).trimEnd());
  output.value(shown);
  return ExitCode.done;
};
