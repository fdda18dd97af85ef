import type { Package } from '../../config/package.ts';
import { formatIssue } from '../../config/validation/issues.ts';
import { ObjDockerError } from '../../errors.ts';
import { ObjBuildRunnerK3s, type RegistriesOptions } from '../../k3s/k3s.ts';
import { sanitizeLine } from '../../lib/text/sanitize.ts';
import { wrap } from '../../terminal/wrap.ts';
import type { CommandBody, CommandContext } from '../framework/command.ts';
import { ExitCode } from '../framework/exit-codes.ts';
import { readAll } from '../framework/input.ts';
import { type GivenOptions, textOf } from '../framework/option-values.ts';
import { renderPullExplanation, renderRegistriesCheck } from './render-k3s-registries.ts';

/** `objdocker k3s-registries`: prints, writes, checks or explains the registries.yaml of the packages. */
export const run: CommandBody = async (context, _args, given) => {
  const { output, check, explain } = readOptions(given, context.output);
  const registries = {
    context,
    runner: new ObjBuildRunnerK3s({ environment: context.environment }),
    packages: await selectPackages(context),
    options: { signal: context.signal, k3sVersion: textOf(given, 'k3sVersion') },
  };
  if (check !== undefined) return compare(registries, check);
  if (explain !== undefined) return explainImage(registries, explain);
  return output === undefined || output === '-' ? print(registries) : write(registries, output);
};

interface RegistriesContext {
  readonly context: CommandContext;
  readonly runner: ObjBuildRunnerK3s;
  readonly packages: readonly Package[];
  readonly options: RegistriesOptions;
}

function readOptions(given: GivenOptions, { json }: CommandContext['output']) {
  const options = { output: textOf(given, 'output'), check: textOf(given, 'check'), explain: textOf(given, 'explain') };
  const named = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`]));
  if (json && options.output === '-')
    throw new ObjDockerError('USAGE', '--json cannot be combined with --output -: both write to stdout', {
      hint: 'Omit --json to print the file. The JSON output has no passwords.',
    });
  if (named.length < 2) return options;
  throw new ObjDockerError('USAGE', `${named.join(' and ')} cannot be combined`, {
    hint: 'Give one of them, or none to print the file.',
  });
}

/** All packages, because a node has one file for all of them; with `--package` only that one. */
async function selectPackages(context: CommandContext): Promise<readonly Package[]> {
  if (context.globals.package !== undefined) return [await context.selectPackage()];
  const config = await context.loadConfig();
  if (config.packages.length === 0) return [config.selectPackage()];
  const packages = config.packages.map((name) => config.selectPackage(name));
  for (const issue of config.warnings) context.output.warn(formatIssue(issue, { severity: false }));
  return packages;
}

async function print({ context: { output }, runner, packages, options }: RegistriesContext): Promise<ExitCode> {
  const { yaml, summary, warnings } = await runner.generate(packages, options);
  for (const warning of warnings) output.warn(warning);
  output.print(yaml.reveal().trimEnd());
  output.printJson('k3s-registries', { packages: namesOf(packages), summary, warnings });
  return ExitCode.done;
}

async function write(
  { context: { output }, runner, packages, options }: RegistriesContext,
  file: string,
): Promise<ExitCode> {
  const { path, changed, summary, warnings } = await runner.write(packages, file, options);
  for (const warning of warnings) output.warn(warning);
  output.print(sanitizeLine(`${changed ? 'wrote' : 'up to date:'} ${path}`));
  if (changed) output.info('k3s reads the file only when it starts: restart k3s on servers, k3s-agent on agents');
  output.printJson('k3s-registries', { packages: namesOf(packages), path, changed, summary, warnings });
  return ExitCode.done;
}

async function compare(
  { context: { output, stdin, signal }, runner, packages, options }: RegistriesContext,
  file: string,
): Promise<ExitCode> {
  const source = file === '-' ? { name: 'standard input', text: await readAll(stdin, signal) } : file;
  const result = await runner.check(packages, source, options);
  for (const warning of result.warnings) output.warn(warning);
  output.print(wrap(renderRegistriesCheck(result, output.colors), output.columns));
  output.printJson('k3s-registries-check', result);
  return result.inSync ? ExitCode.done : ExitCode.no;
}

async function explainImage(
  { context: { output }, runner, packages, options }: RegistriesContext,
  image: string,
): Promise<ExitCode> {
  const explanation = await runner.explain(packages, image, options);
  for (const warning of explanation.warnings) output.warn(warning);
  output.print(wrap(renderPullExplanation(explanation, output.colors), output.columns));
  output.printJson('k3s-registries-explain', explanation);
  return ExitCode.done;
}

function namesOf(packages: readonly Package[]): readonly string[] {
  return packages.map(({ name }) => name);
}
