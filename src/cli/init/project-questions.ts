import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { dirname } from 'node:path/posix';
import { selectTargets } from '../../build/targets.ts';
import * as basics from '../../config/schema/basic-parsers.ts';
import { type ParseResult, type ScalarParser, scalarParser } from '../../config/schema/scalar-parser.ts';
import { quote } from '../../lib/text/sanitize.ts';
import type { ServiceAnswer } from '../../scaffold/answers.ts';
import * as parsers from '../../scaffold/answers.ts';
import { readExistingDockerfile } from '../../scaffold/existing-dockerfile.ts';
import { type FoundProject, findProject } from '../../scaffold/project.ts';
import { requirementsOf } from '../../scaffold/requirements.ts';
import { type ConfigOnlyAnswers, DEFAULT_PYTHON, type ScaffoldAnswers } from '../../scaffold/scaffold.ts';
import type { CommandContext } from '../framework/command.ts';
import { type GivenOptions, isOn, textOf, textsOf } from '../framework/option-values.ts';
import type { InitAnswers } from './answers.ts';

export interface InitInput {
  readonly context: CommandContext;
  /** The project's folder. */
  readonly folder: string;
  readonly given: GivenOptions;
  readonly answers: InitAnswers;
}

/** What `init` writes: everything, or config.yaml alone beside an existing Dockerfile. */
export type InitResult =
  | { readonly found: FoundProject; readonly answers: ScaffoldAnswers }
  | { readonly found: FoundProject; readonly configOnly: ConfigOnlyAnswers };

/** Options about files that an existing Dockerfile makes unnecessary. */
const FOR_NEW = [
  ['--source', 'source'],
  ['--service', 'service'],
  ['--requirements', 'requirements'],
  ['--port', 'port'],
  ['--health-path', 'healthPath'],
] as const;
const NEW = 'a new one';

/**
 * Collects everything that `init` needs from options, prompts and the project's folder.
 *
 * @throws {ObjDockerError} USAGE with all problems; CANCELLED; DOCKERFILE_NOT_FOUND, DOCKERFILE_INVALID.
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
  const path = await askForDockerfile(input, found);
  if (path !== undefined) return askForConfig(input, { found, path, name });
  if (sources === undefined) return refuseWithoutSources(input);
  const services = await askForServices(input, found);
  const withRequirements = await askForRequirements(input, { found, services });
  const registry = await askForRegistry(input);
  const images = await askForImages(input, found.pythonVersion);
  const port = textOf(given, 'port');
  const portNumber = port === undefined ? undefined : answers.read('--port', basics.port, port);
  const healthPath = textOf(given, 'healthPath');
  const health =
    healthPath === undefined ? undefined : answers.read('--health-path', parsers.healthPathAnswer, healthPath);
  answers.throwProblems();
  const { baseImage, baseRuntimeImage } = images;
  return {
    found,
    answers: {
      ...complete({ package: name, ...registry, baseImage, baseRuntimeImage }),
      ...{ sources, services: withRequirements, port: portNumber, healthPath: health },
      hasCompileStep: given.compile !== false,
    },
  };
}

/** Returns the path of the existing Dockerfile that is to be used. Undefined for a new one. */
async function askForDockerfile({ given, answers }: InitInput, found: FoundProject): Promise<string | undefined> {
  const flag = '--dockerfile FILE';
  const text = textOf(given, 'dockerfile');
  const isNew = isOn(given, 'newDockerfile');
  if (isNew && text !== undefined) answers.addProblem(flag, 'it cannot be given with --new-dockerfile');
  if (isNew) return undefined;
  if (text !== undefined) return answers.read(flag, parsers.projectPathAnswer, text);
  const { dockerfiles } = found;
  if (dockerfiles.length === 0) return undefined;
  const usual = dockerfiles.length === 1 ? dockerfiles[0] : dockerfiles.find((one) => one === 'Dockerfile');
  const choices = [...dockerfiles, NEW];
  const path = await answers.required({
    flag,
    prompt: 'Dockerfile',
    detected: usual,
    choices,
    parser: oneOfFiles(choices),
  });
  return path === NEW ? undefined : path;
}

async function askForConfig(
  input: InitInput,
  { found, path, name }: { readonly found: FoundProject; readonly path: string; readonly name: string | undefined },
): Promise<InitResult> {
  const { folder, given, answers } = input;
  const forNew = FOR_NEW.filter(([, key]) => given[key] !== undefined).map(([flag]) => flag);
  for (const flag of [...forNew, ...(given.compile === false ? ['--no-compile'] : [])]) {
    answers.addProblem(flag, `it is for a new Dockerfile, and ${path} is used`, 'Give --new-dockerfile to write one.');
  }
  const dockerfile = await readExistingDockerfile(folder, path);
  const registry = await askForRegistry(input);
  const image = (flag: string, key: 'baseImage' | 'baseRuntimeImage', argument: string) => {
    const text = textOf(given, key);
    if (text === undefined) return undefined;
    if (!dockerfile.graph.declaredArgs.has(argument)) answers.addProblem(flag, `${path} declares no ARG ${argument}`);
    return answers.read(flag, parsers.imageAnswer, text);
  };
  const baseImage = image('--base-image', 'baseImage', 'BASE_IMAGE');
  const baseRuntimeImage = image('--base-runtime-image', 'baseRuntimeImage', 'BASE_RUNTIME_IMAGE');
  answers.throwProblems();
  const services = selectTargets(dockerfile.graph, undefined).targets.flatMap(({ service }) => service ?? []);
  return {
    found,
    configOnly: {
      ...complete({ package: name, ...registry }),
      baseImage,
      baseRuntimeImage,
      dockerfile,
      services,
    },
  };
}

/** Every answer is there when none had a problem. */
function complete<T extends object>(answers: T): Complete<T> {
  if (hasAll(answers)) return answers;
  throw new Error('a missing value was not reported');
}

type Optional = 'project' | 'username' | 'passwordFile';
type Complete<T> = { [Key in keyof T]: Key extends Optional ? T[Key] : Exclude<T[Key], undefined> };

function hasAll<T extends object>(answers: T): answers is T & Complete<T> {
  const optional: readonly string[] = ['project', 'username', 'passwordFile'] satisfies readonly Optional[];
  return Object.entries(answers).every(([key, value]) => value !== undefined || optional.includes(key));
}

async function findWithSources({ context, folder, given, answers }: InitInput): Promise<FoundProject> {
  const { environment, signal } = context;
  const flag = '--source FOLDER';
  const text = textOf(given, 'source');
  const source = text === undefined ? undefined : answers.read(flag, parsers.projectPathAnswer, text);
  const found = await findProject(folder, { environment, source, signal });
  if (source === undefined || found.sources !== undefined) return found;
  answers.addProblem(flag, `there is no Python module in ${quote(source)}`);
  answers.throwProblems();
  return found;
}

function refuseWithoutSources({ given, answers }: InitInput): never {
  if (textOf(given, 'source') === undefined) {
    answers.addProblem(
      '--source FOLDER',
      'there is no Python module in src, nor in this folder, and no Dockerfile',
      'Give the folder of the Python code, or the path of a Dockerfile with --dockerfile.',
    );
  }
  answers.throwProblems();
  throw new Error('a missing source folder was not reported');
}

async function askForServices({ given, answers }: InitInput, found: FoundProject): Promise<readonly ServiceAnswer[]> {
  const flag = '--service NAME[=ENTRY]';
  const one = parsers.serviceAnswer(found.entryPoints, found.sources?.folder ?? '.');
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
    const { entry } = service;
    const own = `${root}${entry.kind === 'package' ? entry.module.replaceAll('.', '/') : dirname(entry.file)}`;
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

async function askForImages({ given, answers }: InitInput, pythonVersion = DEFAULT_PYTHON) {
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
