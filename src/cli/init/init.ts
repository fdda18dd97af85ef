import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { ObjDockerError } from '../../errors.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { planScaffold, type Scaffold, scaffoldPaths } from '../../scaffold/scaffold.ts';
import { refuseExisting, writeNewFiles } from '../../scaffold/write-files.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { CommandBody, CommandContext } from '../framework/command.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { isOn } from '../framework/option-values.ts';
import { canAsk, openQuestions, type Questions } from '../framework/questions.ts';
import { InitAnswers } from './answers.ts';
import { askForProject, type InitResult } from './questions.ts';

/** `objdocker init`: config.yaml, the Dockerfile, the compile step and .dockerignore, for a project that has none. */
export const run: CommandBody = async (context, _args, given) => {
  const { output, signal } = context;
  const { folder, config } = await placeOf(context);
  // Before any question: whoever answers them is not to be told afterwards that it was for nothing.
  await refuseExisting(folder, scaffoldPaths(config));
  using questions = isOn(given, 'yes') || !canAsk(context) ? undefined : await openQuestions(context);
  const ask = new InitAnswers(output, questions);
  const result = await askForProject({ context, folder, given, ask });
  const scaffold = await planScaffold(folder, { ...result, config });
  if (questions !== undefined && !(await isWanted(questions, { scaffold, folder, context }))) {
    output.info('nothing was written');
    return ExitCode.no;
  }
  await writeNewFiles(folder, scaffold.files, signal);
  report(context, { folder, scaffold, ...result });
  return ExitCode.done;
};

/** The project is the folder that config.yaml is to lie in. */
async function placeOf({
  globals,
  environment,
}: CommandContext): Promise<{ readonly folder: string; readonly config: string }> {
  const file = resolve(environment.cwd, globals.config || 'config.yaml');
  const folder = dirname(file);
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() === true) return { folder, config: basename(file) };
  throw new ObjDockerError('USAGE', `there is no folder ${JSON.stringify(folder)}`, {
    hint: 'Go to the folder of the project, or name the config.yaml to be made in it with --config.',
  });
}

async function isWanted(
  questions: Questions,
  {
    scaffold,
    folder,
    context,
  }: { readonly scaffold: Scaffold; readonly folder: string; readonly context: CommandContext },
): Promise<boolean> {
  const { output } = context;
  const files = scaffold.files.map(({ path }) => `  ${sanitizeLine(path)}`);
  output.stderr.write(`${[`In ${sanitizeLine(folder)}:`, ...files].join('\n')}\n`);
  return !/^n/i.test(await questions.ask('Make these files? [Y/n] '));
}

function report(
  { output }: CommandContext,
  { folder, scaffold, answers }: { readonly folder: string; readonly scaffold: Scaffold } & InitResult,
): void {
  const { files, kept, notes } = scaffold;
  const lines = [
    ...files.map(({ path }) => `made ${sanitizeLine(path)}`),
    ...kept.map((path) => `kept ${sanitizeLine(path)}, which was there`),
    ...answers.services.map(
      ({ name, module, requirements }) =>
        `service ${name}: python -m ${module}, ${requirements === undefined ? 'no requirements' : sanitizeLine(requirements)}`,
    ),
    ...(answers.username === undefined || answers.passwordFile !== undefined
      ? []
      : [`the password of ${sanitizeLine(answers.username)} is taken from the variable HARBOR_PASSWORD`]),
    `next: objdocker config check, objdocker build --dry-run, objdocker pipeline${answers.type === 'harbor' ? '' : ' --no-scan'}`,
  ];
  for (const line of lines) output.print(wrap(line, output.columns));
  for (const note of notes) output.warn(note);
  output.printJson('init', {
    directory: folder,
    package: answers.package,
    files: files.map(({ path }) => path),
    kept,
    services: answers.services.map(({ name, module, requirements }) => ({
      name,
      module,
      ...(requirements === undefined ? {} : { requirements }),
    })),
    notes,
  });
}
