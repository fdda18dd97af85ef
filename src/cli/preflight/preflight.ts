import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { type CheckResult, preflightError } from '../../preflight/preflight.ts';
import { createLiveLines } from '../../terminal/live-lines.ts';
import type { Colors } from '../../terminal/output-stream.ts';
import { wrap } from '../../terminal/wrap.ts';
import { renderCheckWarnings } from '../build/render-checks.ts';
import type { CommandBody } from '../framework/command.ts';
import { createDocker } from '../framework/docker.ts';
import { EXIT_CODES, ExitCode } from '../framework/exit-codes.ts';

/** `objdocker preflight [PACKAGE]`: prints the result of each check. The exit code is that of the first failed check. */
export const run: CommandBody = async (context, [name]) => {
  const { output, signal } = context;
  const pkg = await context.selectPackage(name);
  const docker = createDocker(context);
  const live = context.interactive ? await createLiveLines(output.stderr) : undefined;
  try {
    const preflight = docker.preflight(pkg, { signal });
    const running = new Map<string, string>();
    for await (const event of preflight) {
      if (event.type === 'check-started') running.set(event.id, event.title);
      else running.delete(event.check.id);
      live?.update(() => [`checking ${[...running.values()].join(', ')} …`]);
    }
    live?.clear();
    const result = await preflight.result;
    for (const check of result.checks) output.print(wrap(renderCheck(check, output.colors), output.columns));
    output.printJson('preflight', result);
    const error = preflightError(result);
    return error === undefined ? ExitCode.done : EXIT_CODES[error.code];
  } finally {
    live?.clear();
    docker.close();
  }
};

function renderCheck({ status, title, detail, hint, warnings }: CheckResult, colors: Colors): string {
  const mark = {
    ok: colors.green('✓'),
    warning: colors.yellow('!'),
    failed: colors.red('✗'),
    skipped: colors.dim('-'),
  }[status];
  return [
    `${mark} ${title}: ${sanitizeLine(detail)}`,
    ...renderCheckWarnings(warnings ?? [], colors.yellow).map((line) => `    ${line}`),
    ...(hint === undefined ? [] : [`    ${sanitizeLine(hint)}`]),
  ].join('\n');
}
