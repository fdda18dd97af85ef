import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { ObjDockerError } from '../../errors.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { shellQuote } from '../../lib/text/shell-quote.ts';
import { findDockerfiles } from '../../scaffold/existing-dockerfile.ts';
import {
  planConfig,
  planScaffold,
  type RegistryAnswers,
  type Scaffold,
  type ScaffoldService,
  scaffoldPaths,
} from '../../scaffold/scaffold.ts';
import { refuseExisting, writeNewFiles } from '../../scaffold/write-files.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { CommandBody, CommandContext } from '../framework/command.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { isOn } from '../framework/option-values.ts';
import { openPrompts, promptObstacle } from '../framework/prompts.ts';
import { InitAnswers } from './answers.ts';
import { askForProject } from './project-questions.ts';

/** `objdocker init`: writes config.yaml, the Dockerfile, the compile step and .dockerignore for a new project. */
export const run: CommandBody = async (context, _args, given) => {
  const { output, signal } = context;
  const { folder, config } = await findPaths(context);
  // Before the prompts: an existing file would make the answers useless.
  const isNew = isOn(given, 'newDockerfile') || (await findDockerfiles(folder)).length === 0;
  const paths = isNew && given.dockerfile === undefined ? scaffoldPaths(config, given.compile !== false) : [config];
  await refuseExisting(folder, paths);
  const mayPrompt = !isOn(given, 'yes') && promptObstacle(context) === undefined;
  using prompts = mayPrompt ? await openPrompts(context) : undefined;
  const result = await askForProject({ context, folder, given, answers: new InitAnswers(prompts) });
  const scaffold =
    'configOnly' in result
      ? planConfig(result.configOnly, { ...result, config })
      : await planScaffold(folder, { ...result, config });
  if (prompts !== undefined) {
    const files = scaffold.files.map(({ path }) => `  ${sanitizeLine(path)}`);
    const question = [`Write these files to ${sanitizeLine(folder)}?`, ...files].join('\n');
    if (!(await prompts.confirm(question, { initialValue: true }))) {
      output.info('nothing was written');
      return ExitCode.no;
    }
  }
  await writeNewFiles(folder, scaffold.files, signal);
  report(context, { folder, scaffold, answers: 'configOnly' in result ? result.configOnly : result.answers });
  return ExitCode.done;
};

/** The project's folder, which is the one for config.yaml, and the name of that file. */
async function findPaths({
  globals,
  environment,
}: CommandContext): Promise<{ readonly folder: string; readonly config: string }> {
  const file = resolve(environment.cwd, globals.config || 'config.yaml');
  const folder = dirname(file);
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() === true) return { folder, config: basename(file) };
  throw new ObjDockerError('USAGE', `there is no folder ${JSON.stringify(folder)}`, {
    hint: 'Change to the folder of the project, or give the path of the new config.yaml with --config.',
  });
}

function report(
  { output }: CommandContext,
  {
    folder,
    scaffold,
    answers,
  }: { readonly folder: string; readonly scaffold: Scaffold; readonly answers: RegistryAnswers },
): void {
  const { files, kept, services, notes, assumed } = scaffold;
  const lines = [
    ...files.map(({ path }) => `wrote ${sanitizeLine(path)}`),
    ...kept.map((path) => `kept the existing ${sanitizeLine(path)}`),
    ...services.map(serviceLine),
    ...(answers.username === undefined || answers.passwordFile !== undefined
      ? []
      : [`the password of ${sanitizeLine(answers.username)} is read from the environment variable HARBOR_PASSWORD`]),
    'not known from the folder, and assumed:',
  ];
  for (const line of lines) output.print(wrap(line, output.columns));
  for (const line of assumed) output.print(wrap(`  ${sanitizeLine(line)}`, output.columns));
  const next = `next: objdocker config check, objdocker build --dry-run, objdocker pipeline${answers.type === 'harbor' ? '' : ' --no-scan'}`;
  output.print(wrap(next, output.columns));
  for (const note of notes) output.warn(note);
  output.printJson('init', {
    directory: folder,
    package: answers.package,
    files: files.map(({ path }) => path),
    kept,
    services: services.map(({ requirements, ...service }) => ({
      ...service,
      ...(requirements === undefined ? {} : { requirements }),
    })),
    notes,
    assumed,
  });
}

function serviceLine({ name, command, requirements }: ScaffoldService): string {
  if (command === undefined) return `service ${name}`;
  const needs = requirements === undefined ? 'no requirements' : sanitizeLine(requirements);
  return `service ${name}: ${sanitizeLine(shellQuote(command))}, ${needs}`;
}
