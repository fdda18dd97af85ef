import { stringify } from 'yaml';
import { showPackage } from '../../config/show.ts';
import type { CommandBody } from '../framework/command.ts';
import { ExitCode } from '../framework/exit-codes.ts';

/** `objdocker config show [PACKAGE]`: prints the package with its defaults and masked secrets. */
export const run: CommandBody = async ({ output, selectPackage }, [name]) => {
  const view = showPackage(await selectPackage(name));
  output.print(stringify(view).trimEnd());
  output.value(view);
  return ExitCode.done;
};
