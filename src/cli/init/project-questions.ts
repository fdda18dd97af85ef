import { access } from 'node:fs/promises';
import { join } from 'node:path';
import * as basics from '../../config/schema/basic-parsers.ts';
import { type ParseResult, type ScalarParser, scalarParser } from '../../config/schema/scalar-parser.ts';
import { quote } from '../../lib/text/sanitize.ts';
import type { ServiceAnswer } from '../../scaffold/answers.ts';
import * as parsers from '../../scaffold/answers.ts';
import { type FoundProject, findProject } from '../../scaffold/project.ts';
import { requirementsOf } from '../../scaffold/requirements.ts';
import type { ScaffoldAnswers } from '../../scaffold/scaffold.ts';
import type { CommandContext } from '../framework/command.ts';
import { type GivenOptions, textOf, textsOf } from '../framework/option-values.ts';
import type { InitAnswers } from './answers.ts';

export interface InitInput {
  readonly context: CommandContext;
  /** The project's folder. */
  readonly folder: string;
  readonly given: GivenOptions;
  readonly answers: InitAnswers;
}

export interface InitResult {
  readonly found: FoundProject;
  readonly answers: ScaffoldAnswers;
}

/**
 * Collects everything that `init` needs from options, prompts and the project's folder.
 *
 * @throws {ObjDockerError} USAGE with all problems; CANCELLED.
 */
export async function askForProject(input: InitInput): Promise<InitResult> {
  const { context, given, answers } = input;
  const found = await findWithSources(input);
  const { sources } = found;
  const name = await answers.required({
    flag: '--package NAME',
    prompt: 'Name of the package',
    given: context.globals.package,
    detected: found.package,
    parser: parsers.packageAnswer,
  });
  const services = await askForServices(input, found);
  const withRequirements = await askForRequirements(input, { found, services });
  const registry = await askForRegistry(input);
  const images = await askForImages(input, found.pythonVersion);
  const port = textOf(given, 'port');
  const portNumber = port === undefined ? 8080 : answers.read('--port', basics.port, port);
  const path = textOf(given, 'healthPath');
  const healthPath = path === undefined ? undefined : answers.read('--health-path', parsers.healthPathAnswer, path);
  answers.throwProblems();
  const { host, type } = registry;
  const { baseImage, baseRuntimeImage } = images;
  if (
    name === undefined ||
    sources === undefined ||
    type === undefined ||
    host === undefined ||
    baseImage === undefined ||
    baseRuntimeImage === undefined ||
    portNumber === undefined
  ) {
    throw new Error('a missing value was not reported');
  }
  const login = { username: registry.username, passwordFile: registry.passwordFile };
  return {
    found,
    answers: {
      package: name,
      ...{ type, host, project: registry.project, ...login },
      ...{ sources, services: withRequirements, baseImage, baseRuntimeImage, port: portNumber, healthPath },
    },
  };
}

async function findWithSources({ context, folder, given, answers }: InitInput): Promise<FoundProject> {
  const { environment, signal } = context;
  const flag = '--source FOLDER';
  const text = textOf(given, 'source');
  const source = text === undefined ? undefined : answers.read(flag, parsers.projectPathAnswer, text);
  const found = await findProject(folder, { environment, source, signal });
  if (found.sources !== undefined || (text !== undefined && source === undefined)) return found;
  if (source !== undefined) answers.addProblem(flag, `there is no Python module in ${quote(source)}`);
  else
    answers.addProblem(
      flag,
      'there is no Python module in src, nor in a package in this folder',
      'Give the folder of the Python packages.',
    );
  answers.throwProblems();
  return found;
}

async function askForServices({ given, answers }: InitInput, found: FoundProject): Promise<readonly ServiceAnswer[]> {
  const flag = '--service NAME[=PACKAGE]';
  const one = parsers.serviceAnswer(found.sources);
  const written = textsOf(given, 'service');
  const services =
    written === undefined
      ? await answers.required({
          flag,
          prompt: 'Services, comma-separated',
          detected: found.services.length === 0 ? undefined : found.services.join(', '),
          parser: scalarParser((value) => readAll(value.split(','), one)),
        })
      : written.map((text) => answers.read(flag, one, text)).filter((service) => service !== undefined);
  const names = (services ?? []).map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  for (const name of new Set(twice)) answers.addProblem(flag, `${quote(name)} is given twice`);
  return services ?? [];
}

function readAll<T>(texts: readonly string[], one: ScalarParser<T>): ParseResult<readonly T[]> {
  const values: T[] = [];
  for (const text of texts.map((part) => part.trim()).filter((part) => part !== '')) {
    const result = one.parse(text);
    if ('problem' in result) return result;
    values.push(result.value);
  }
  return values.length === 0 ? { problem: 'it names no service' } : { value: values };
}

async function askForRequirements(
  { folder, given, answers }: InitInput,
  { found, services }: { readonly found: FoundProject; readonly services: readonly ServiceAnswer[] },
): Promise<ScaffoldAnswers['services']> {
  const flag = '--requirements [SERVICE=]FILE';
  const written = new Map<string, string>();
  for (const text of textsOf(given, 'requirements') ?? []) {
    const [service, file] = text.includes('=') ? text.split(/=(.*)/s, 2) : ['', text];
    const path = answers.read(flag, parsers.projectPathAnswer, file ?? '');
    if (path === undefined) continue;
    if (service !== '' && !services.some(({ name }) => name === service)) {
      answers.addProblem(flag, `there is no service ${quote(service ?? '')}`);
    } else if (!(await isThere(join(folder, path)))) answers.addProblem(flag, `there is no file ${quote(path)}`);
    else written.set(service ?? '', path);
  }
  const root = found.sources === undefined || found.sources.folder === '.' ? '' : `${found.sources.folder}/`;
  const result = [];
  for (const service of services) {
    const path = written.get(service.name) ?? written.get('');
    const own = `${root}${service.module.replaceAll('.', '/')}`;
    const guess =
      path === undefined ? requirementsOf({ name: service.name, folder: own }, found.requirements) : { path };
    const requirements =
      guess === undefined
        ? await answers.required({
            flag: `--requirements ${service.name}=FILE`,
            prompt: `Requirements file of ${service.name}`,
            choices: found.requirements,
            parser: oneOfFiles(found.requirements),
          })
        : guess.path;
    result.push({ ...service, requirements });
  }
  return result;
}

async function askForRegistry({ given, answers }: InitInput) {
  const type = await answers.required({
    flag: '--type TYPE',
    prompt: 'Type of the registry: Harbor, or a plain registry',
    choices: ['harbor', 'registry'],
    given: textOf(given, 'type'),
    detected: 'harbor',
    parser: basics.oneOf(['harbor', 'registry']),
  });
  const host = await answers.required({
    flag: '--registry HOST',
    prompt: 'Host of the registry, with its port unless it is the default',
    given: textOf(given, 'registry'),
    parser: parsers.hostAnswer,
  });
  const question = {
    flag: '--project NAME',
    prompt: 'Project in Harbor',
    given: textOf(given, 'project'),
    parser: parsers.projectAnswer,
  };
  if (type === 'registry' && question.given !== undefined)
    answers.addProblem(question.flag, 'a plain registry has no projects');
  const project = type === 'registry' ? undefined : await answers.required(question);
  const username = await answers.optional({
    flag: '--username NAME',
    prompt: 'User name for the registry (empty: use the login of "docker login")',
    given: textOf(given, 'username'),
    parser: parsers.usernameAnswer,
  });
  const file = textOf(given, 'passwordFile');
  if (file !== undefined && username === undefined) answers.addProblem('--password-file', 'it needs --username');
  return {
    type,
    host,
    project,
    username,
    passwordFile: file === undefined ? undefined : answers.read('--password-file', parsers.passwordFileAnswer, file),
  };
}

async function askForImages({ given, answers }: InitInput, pythonVersion: string) {
  const baseImage = await answers.required({
    flag: '--base-image IMAGE',
    prompt: 'Image to build on',
    given: textOf(given, 'baseImage'),
    detected: `python:${pythonVersion}-bookworm`,
    parser: parsers.imageAnswer,
  });
  const slim = /^(python:3\.[\d.]+)-([a-z]+)$/.exec(baseImage ?? '');
  const baseRuntimeImage = await answers.required({
    flag: '--base-runtime-image IMAGE',
    prompt: 'Image to run on, with the same Python',
    given: textOf(given, 'baseRuntimeImage'),
    detected: slim === null ? undefined : `${slim[1]}-slim-${slim[2]}`,
    parser: parsers.imageAnswer,
  });
  return { baseImage, baseRuntimeImage };
}

function oneOfFiles(words: readonly string[]) {
  return scalarParser((value): ParseResult<string> => {
    return words.includes(value) ? { value } : { problem: `${quote(value)} is not one of ${words.join(', ')}` };
  });
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
