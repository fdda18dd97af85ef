import { checkImages } from '../../build/image-names.ts';
import { findConfig, loadConfig } from '../../config/load.ts';
import { checkConfig } from '../../config/validation/check-config.ts';
import { formatIssue, sortIssues } from '../../config/validation/issues.ts';
import { sanitize } from '../../lib/text/sanitize.ts';
import { count } from '../../lib/text/words.ts';
import { wrap } from '../../terminal/wrap.ts';
import { annotationsForIssues } from '../framework/ci/annotations.ts';
import type { CommandBody } from '../framework/command.ts';
import { ExitCode } from '../framework/exit-codes.ts';

/** `objdocker config check`: prints all problems of all packages. */
export const run: CommandBody = async ({ environment, output, globals, signal }) => {
  const file = globals.config ?? (await findConfig(environment.cwd));
  const options = { env: environment.env, strict: globals.strict, now: environment.now(), signal };
  const found = await checkConfig(file, options);
  // Images have names only where the file can be read.
  const collisions = found.some(({ severity }) => severity === 'error')
    ? []
    : await checkImages(await loadConfig(file, options));
  const issues = sortIssues([...found, ...collisions]);
  const errors = issues.filter(({ severity }) => severity === 'error').length;
  for (const issue of issues) output.print(wrap(sanitize(formatIssue(issue)), output.columns));
  for (const annotation of annotationsForIssues(issues, environment)) output.annotate(annotation);
  const warnings = issues.length - errors;
  output.print(
    issues.length === 0
      ? `${sanitize(file)}: no problems`
      : `${sanitize(file)}: ${count(errors, 'error')}, ${count(warnings, 'warning')}`,
  );
  output.printJson('config-check', { items: issues, total: issues.length });
  return errors > 0 ? ExitCode.input : ExitCode.done;
};
