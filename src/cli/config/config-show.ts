import { Document, isScalar } from 'yaml';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import type { CommandBody } from '../framework/command.ts';
import { ExitCode } from '../framework/exit-codes.ts';

/** `objdocker config show [PACKAGE]`: prints the package as a config.yaml with its defaults and masked secrets. */
export const run: CommandBody = async ({ output, loadConfig, selectPackage }, [name]) => {
  const { name: selected, configFile } = await selectPackage(name);
  const { values, unknown } = (await loadConfig()).show(selected);
  const document = new Document(values);
  document.commentBefore = sanitizeLine(` ${configFile}`);
  for (const { key, reason } of unknown) {
    const node = document.getIn(key, true);
    if (isScalar(node)) node.comment = sanitizeLine(` ${reason}`);
  }
  output.print(document.toString({ lineWidth: 0 }).trimEnd());
  output.value(values);
  return ExitCode.done;
};
